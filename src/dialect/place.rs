//! Where an event stands: between brackets or not, as a key or not.

use granit_parser::{Event, StructureStyle};

/// The lists and mappings that are open.
#[derive(Default)]
pub(super) struct Place {
    open: Vec<Open>,
}

struct Open {
    in_brackets: bool,
    is_mapping: bool,
    /// The next node of a mapping.
    is_key: bool,
}

impl Place {
    pub(super) fn in_brackets(&self) -> bool {
        self.open.last().is_some_and(|open| open.in_brackets)
    }

    /// Whether the next node is a key.
    pub(super) fn is_key(&self) -> bool {
        self.open.last().is_some_and(|open| open.is_mapping && open.is_key)
    }

    /// Brackets belong to what they enclose. Between them everything is.
    pub(super) fn enter(&mut self, event: &Event<'_>) {
        let (style, is_mapping) = match event {
            Event::SequenceStart(style, ..) => (style, false),
            Event::MappingStart(style, ..) => (style, true),
            _ => return,
        };
        self.open.push(Open {
            in_brackets: self.in_brackets() || *style == StructureStyle::Flow,
            is_mapping,
            is_key: true,
        });
    }

    pub(super) fn leave(&mut self, event: &Event<'_>) {
        match event {
            Event::SequenceEnd | Event::MappingEnd => {
                self.open.pop();
            }
            Event::Scalar(..) | Event::Alias(_) => {}
            _ => return,
        }
        if let Some(open) = self.open.last_mut() {
            open.is_key = !open.is_key;
        }
    }
}
