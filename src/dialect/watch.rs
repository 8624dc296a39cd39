//! Goes along with the events of one text, for a judge.

use std::borrow::Cow;
use std::ops::Range;

use granit_parser::{Event, ScalarStyle, Span};

use super::otherwise::{is_invisible, Judge, Otherwise, Seen};
use super::place::Place;
use super::unended::Unended;

const BYTE_ORDER_MARK: char = '\u{feff}';

/// What is known of the text so far.
pub struct Watch<'t> {
    text: &'t str,
    /// Nobody's reading but ours counts, if there is none.
    judge: Option<Judge>,
    unended: Option<Unended<'t>>,
    place: Place,
    /// Where line breaks of YAML 1.1 are no matter, in the order of the text.
    folded: Vec<Range<usize>>,
}

impl<'t> Watch<'t> {
    /// Of the text that the parser has.
    pub fn of(text: &'t str, judge: Option<Judge>) -> Self {
        Self {
            text,
            judge,
            unended: Unended::of(text),
            place: Place::default(),
            folded: Vec::new(),
        }
    }

    /// Corrects the event, or tells that the judge reads something else there.
    ///
    /// # Errors
    ///
    /// If the judge does.
    pub fn see(&mut self, event: &mut Event<'_>, span: Span) -> Result<(), Otherwise> {
        if let Event::Scalar(value, style, ..) = &mut *event {
            if let Some(unended) = &self.unended {
                unended.correct(value, *style, span);
            }
            self.fold(value, *style, span);
        }
        let is_key = self.place.is_key();
        self.place.enter(event);
        let in_brackets = self.place.in_brackets();
        self.place.leave(event);
        let Some(judge) = self.judge else { return Ok(()) };
        let seen = Seen {
            text: self.text,
            span,
            in_brackets,
            is_key,
        };
        seen.otherwise(event, judge).map_or(Ok(()), Err)
    }

    /// Looks for line breaks that are some for the judge alone outside of words, in a beginning of the text. In a comment
    /// another comment or content may begin behind one; at its end it is no matter.
    ///
    /// # Errors
    ///
    /// The line of the first that matters.
    pub fn breaks(&self, beginning: &str) -> Result<(), (usize, Otherwise)> {
        let is_folded = |place: usize| {
            let next = self.folded.partition_point(|range| range.end <= place);
            self.folded.get(next).is_some_and(|range| range.contains(&place))
        };
        let matters = |place: usize, c: char| {
            let behind = beginning[place + c.len_utf8()..].trim_start_matches(' ');
            c == BYTE_ORDER_MARK || !(behind.is_empty() || behind.starts_with(['\r', '\n']))
        };
        let mut places = beginning.char_indices().filter(|(_, c)| is_invisible(*c));
        match places.find(|(place, c)| self.judge.is_some() && !is_folded(*place) && matters(*place, *c)) {
            None => Ok(()),
            Some((place, c)) => {
                let line = beginning[..place].matches('\n').count() + 1;
                Err((line, Otherwise::Invisible(c.into())))
            }
        }
    }

    /// Between quotes Ruby makes a space of such a line break. What it reads is not written again, so what blanks beside
    /// it become is no matter.
    fn fold(&mut self, value: &mut Cow<'_, str>, style: ScalarStyle, span: Span) {
        let is_quoted = matches!(style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted);
        if self.judge != Some(Judge::Ruby) || !is_quoted {
            return;
        }
        let written = span.slice(self.text).unwrap_or_default();
        if let Some(range) = span.byte_range().filter(|_| written.contains(is_invisible)) {
            *value = Cow::Owned(value.replace('\u{85}', " "));
            self.folded.push(range);
        }
    }
}
