//! The source as modules: which file each is, and which other files its paths lead to.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};

/// The folder of this crate.
pub fn root() -> PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from)
}

/// The modules of the library and the program, by their path in the crate: `cluster::api`; the root is empty.
pub struct Source {
    /// Each module's text.
    pub modules: BTreeMap<String, String>,
}

impl Source {
    /// The source of this crate.
    pub fn of_this_crate() -> Self {
        let src = root().join("src");
        let mut modules = BTreeMap::new();
        collect(&src, "", &mut modules);
        assert!(modules.len() > 100, "the source is not where it was: {}", src.display());
        Self { modules }
    }

    /// The modules that each module's paths name: the file that stands deepest in the path counts.
    pub fn arrows(&self) -> BTreeMap<&str, BTreeSet<&str>> {
        let arrows_of = |(name, text): (&'_ String, &String)| {
            let file = syn::parse_file(text).unwrap_or_else(|error| panic!("{name}: {error}"));
            let mut paths = Paths::below(name);
            paths.visit_file(&file);
            paths.found
        };
        let of_module = |(name, text)| {
            let targets = arrows_of((name, text))
                .into_iter()
                .filter_map(|path| self.deepest(&path));
            (name.as_str(), targets.filter(|target| target != name).collect())
        };
        self.modules.iter().map(of_module).collect()
    }

    /// The module in which a path ends; none where it leads out of the crate.
    fn deepest(&self, path: &[String]) -> Option<&str> {
        let mut prefixes = (1..=path.len()).rev().map(|length| path[..length].join("::"));
        let found = prefixes.find_map(|prefix| self.modules.get_key_value(&prefix));
        found.map(|(name, _)| name.as_str())
    }
}

fn collect(folder: &Path, prefix: &str, modules: &mut BTreeMap<String, String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_str().unwrap();
        let name = |stem: &str| {
            [prefix, stem]
                .into_iter()
                .filter(|part| !part.is_empty())
                .collect::<Vec<_>>()
                .join("::")
        };
        if path.is_dir() {
            collect(&path, &name(stem), modules);
        } else if path.extension().is_some_and(|end| end == "rs") {
            let name = if matches!(stem, "mod" | "lib") {
                prefix.to_owned()
            } else {
                name(stem)
            };
            modules.insert(name, std::fs::read_to_string(&path).unwrap());
        }
    }
}

/// Collects every path of a file as a path in the crate.
struct Paths {
    /// Where the visitor stands: the file's module, and inline modules in it.
    module: Vec<String>,
    found: Vec<Vec<String>>,
}

impl Paths {
    fn below(module: &str) -> Self {
        Self {
            module: module
                .split("::")
                .filter(|part| !part.is_empty())
                .map(str::to_owned)
                .collect(),
            found: Vec::new(),
        }
    }

    /// A path as it is written, from the root of the crate. One that begins with another name may name a child module,
    /// or a crate, and then it leads nowhere.
    fn add(&mut self, segments: &[String]) {
        let mut absolute = self.module.clone();
        let mut rest = segments;
        while let [first, more @ ..] = rest {
            match first.as_str() {
                "crate" | "ood_k8s" => absolute.clear(),
                "self" => {}
                "super" => drop(absolute.pop()),
                _ => break,
            }
            rest = more;
        }
        absolute.extend(rest.iter().cloned());
        self.found.push(absolute);
    }

    fn add_tree(&mut self, tree: &syn::UseTree, prefix: &[String]) {
        let with = |ident: &syn::Ident| [prefix, &[ident.to_string()]].concat();
        match tree {
            syn::UseTree::Path(path) => self.add_tree(&path.tree, &with(&path.ident)),
            syn::UseTree::Group(group) => group.items.iter().for_each(|item| self.add_tree(item, prefix)),
            syn::UseTree::Name(name) if name.ident == "self" => self.add(prefix),
            syn::UseTree::Name(name) => self.add(&with(&name.ident)),
            syn::UseTree::Rename(name) => self.add(&with(&name.ident)),
            syn::UseTree::Glob(_) => self.add(prefix),
        }
    }
}

impl<'ast> Visit<'ast> for Paths {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.add_tree(&item.tree, &[]);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<_> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if segments.len() > 1 {
            self.add(&segments);
        }
        visit::visit_path(self, path);
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        self.module.push(item.ident.to_string());
        visit::visit_item_mod(self, item);
        self.module.pop();
    }

    /// What stands in a macro's brackets is no syntax tree; its paths can be read all the same.
    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        let text = mac.tokens.to_string().replace(" :: ", "::");
        let words = text.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'));
        for word in words.filter(|word| word.contains("::")) {
            let segments: Vec<_> = word.split("::").map(str::to_owned).collect();
            self.add(&segments);
        }
        visit::visit_macro(self, mac);
    }
}
