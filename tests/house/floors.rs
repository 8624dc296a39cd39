//! The floors: modules in the order that a `mod` list gives them, and the arrows that break the order.
//!
//! `lib.rs`, and any other module that has an order of its own, lists its children below comments that begin with
//! `// Floor`, the highest floor first. A child imports from lower floors alone.

use std::collections::BTreeMap;

use crate::source::Source;

const FLOOR: &str = "// Floor";

/// Children of a module with their floors; the ground has the highest number. Empty where the module has no floors.
pub fn floors(text: &str) -> BTreeMap<&str, usize> {
    let mut floor = 0;
    let mut floors = BTreeMap::new();
    for line in text.lines() {
        if line.starts_with(FLOOR) {
            floor += 1;
        }
        let name = ["mod ", "pub mod "]
            .iter()
            .find_map(|start| line.strip_prefix(start)?.strip_suffix(';'));
        if let Some(name) = name.filter(|_| floor > 0) {
            floors.insert(name, floor);
        }
    }
    floors
}

/// Every arrow between two children of one module that does not lead to a lower floor.
pub fn wrong_arrows(source: &Source) -> Vec<String> {
    let arrows = source.arrows();
    let mut wrong = Vec::new();
    for (parent, text) in &source.modules {
        let floors = floors(text);
        let child = |module: &str| {
            let rest = module.strip_prefix(parent.as_str())?;
            let rest = rest.strip_prefix("::").unwrap_or(rest);
            floors
                .get_key_value(rest.split("::").next()?)
                .map(|(name, floor)| (*name, *floor))
        };
        for (from, targets) in &arrows {
            for to in targets {
                let (Some((above, high)), Some((below, low))) = (child(from), child(to)) else {
                    continue;
                };
                if above != below && low <= high {
                    wrong.push(format!("{from} imports {to}: {below} is not below {above}"));
                }
            }
        }
    }
    wrong
}

/// Groups of modules that import each other in a circle.
pub fn circles(source: &Source) -> Vec<Vec<&str>> {
    let arrows = source.arrows();
    let reached = |start: &str| {
        let mut seen: Vec<&str> = Vec::new();
        let mut next: Vec<&str> = arrows[start].iter().copied().collect();
        while let Some(module) = next.pop() {
            if !seen.contains(&module) {
                seen.push(module);
                next.extend(&arrows[module]);
            }
        }
        seen
    };
    let reached: BTreeMap<&str, Vec<&str>> = arrows.keys().map(|module| (*module, reached(module))).collect();
    let mut circles: Vec<Vec<&str>> = Vec::new();
    for module in reached.keys().filter(|module| reached[*module].contains(module)) {
        if !circles.iter().any(|circle| circle.contains(module)) {
            let others = reached[module].iter().filter(|other| reached[**other].contains(module));
            circles.push(others.copied().collect());
        }
    }
    circles
}
