//! Converts the text of a kubeconfig to a tree and back; new text is first verified to read back as the same tree.

use secrecy::zeroize::Zeroizing;

use super::error::DocumentError;
use super::rest::Rest;
use super::tree::{Mapping, Node};
use super::{emitter, reader};

/// A whole kubeconfig. An empty file is an empty mapping.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Document {
    pub(super) root: Node,
    pub(super) rest: Rest,
}

impl Document {
    pub(super) fn read(text: &str) -> Result<Self, DocumentError> {
        let (root, rest) = reader::read(text)?;
        Ok(Self { root, rest })
    }

    /// Returns the text, verified to read back as this document.
    pub(super) fn to_text(&self) -> Result<Zeroizing<String>, DocumentError> {
        let mut text = emitter::emit(&self.root);
        match &self.rest {
            Rest::Nothing => {}
            Rest::Text(rest) => text.push_str(rest),
            Rest::Unmarked { line } => return Err(DocumentError::Unmarked { line: *line }),
        }
        match Self::read(&text) {
            Ok(again) if again == *self => Ok(text),
            _ => Err(DocumentError::NotRepresentable),
        }
    }

    pub(super) fn top(&mut self) -> Result<&mut Mapping, DocumentError> {
        self.root.as_mapping_mut("the top level of the file")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewritten(text: &str) -> String {
        let document = Document::read(text).expect("readable");
        document.to_text().expect("representable").as_str().to_owned()
    }

    #[test]
    fn every_scalar_keeps_its_text_and_its_quotes() {
        let text = "a: yes\nb: 012\nc: 1e3\nd: \"yes\"\ne: ~\nf: 0x1F\ng: 1_000\nh: 2001-01-01\ni: -.inf\n";
        assert_eq!(rewritten(text), text);
    }

    #[test]
    fn the_layout_is_that_of_kubectl() {
        let text =
            "clusters:\n- cluster:\n    server: https://x\n  name: x\n- a\n- - b\n  - - c\n    - d: {}\n      e: []\n";
        assert_eq!(rewritten(text), text);
    }

    #[test]
    fn flow_style_becomes_block_style_with_the_same_content() {
        assert_eq!(
            rewritten("{\"a\": [1, {b: null}], 'c': {}}"),
            "\"a\":\n- 1\n- b: null\n\"c\": {}\n"
        );
    }

    #[test]
    fn tags_are_kept() {
        let text = "a: !!str 012\nb: !local x\nc: !<tag:example.org,2020:x> y\nd: !!set\n  e: null\nf:\n- !!map\n  g: h\n- !!seq\n  - i\n";
        let kept = rewritten(text);
        assert_eq!(kept, text.replace("example.org,2020", "example.org%2C2020"));
        assert_eq!(rewritten("a: !!str\n"), "a: !!str \"\"\n");
        assert_eq!(rewritten("--- !!map\na: b\n"), "--- !!map\na: b\n");
    }

    #[test]
    fn text_of_several_lines_is_kept() {
        let text = "a: |\n  one\n\n    two\nb: |-\n  three\n  four\n";
        assert_eq!(rewritten(text), text);
        assert_eq!(rewritten("a: >\n  one\n  two\n"), "a: |\n  one two\n");
        assert_eq!(rewritten("a: |+\n  one\n\n"), "a: \"one\\n\\n\"\n");
        assert_eq!(rewritten("a: one\n\n two\n"), "a: \"one\\ntwo\"\n");
    }

    #[test]
    fn a_very_long_key_is_written_so_that_readers_find_its_value() {
        let key = "k".repeat(3000);
        let text = format!("? {key}\n: a: b\n");
        assert_eq!(rewritten(&text), format!("? {key}\n:\n  a: b\n"));
    }

    #[test]
    fn aliases_are_written_out() {
        assert_eq!(rewritten("a: &x {b: 1}\nc: *x\n"), "a:\n  b: 1\nc:\n  b: 1\n");
    }

    #[test]
    fn of_an_anchor_that_is_set_anew_the_last_counts_and_no_other_one_changes() {
        assert_eq!(
            rewritten("x: [&a 1, &b 2, &a 3, &b 4, *a, *b]\n"),
            "x:\n- 1\n- 2\n- 3\n- 4\n- 3\n- 4\n"
        );
        assert_eq!(rewritten("x: [&a 1, *a, &a 3]\n"), "x:\n- 1\n- 1\n- 3\n");
    }

    #[test]
    fn merge_keys_count_in_the_order_of_the_file_as_for_kubectl() {
        assert_eq!(
            rewritten("a:\n  k: own\n  <<: {k: merged, l: more}\n"),
            "a:\n  k: merged\n  l: more\n"
        );
        assert_eq!(
            rewritten("a:\n  <<: [{k: first}, {k: second}]\n  l: own\n"),
            "a:\n  k: first\n  l: own\n"
        );
        assert_eq!(rewritten("a:\n  \"<<\": x\n"), "a:\n  \"<<\": x\n");
        assert!(matches!(
            Document::read("a:\n  <<: x\n"),
            Err(DocumentError::MergeNotMapping { line: 2 })
        ));
    }

    #[test]
    fn an_empty_file_is_an_empty_document() {
        for text in ["", "\n", "# only a comment\n", "---\n", "\u{feff}", "null"] {
            let mut document = Document::read(text).expect("readable");
            assert!(document.top().expect("a mapping").pairs.is_empty(), "{text:?}");
        }
    }

    #[test]
    fn of_a_doubled_key_the_last_counts_as_for_kubectl() {
        assert_eq!(rewritten("a: 1\nb: 2\n\"a\": 3\n"), "\"a\": 3\nb: 2\n");
        assert_eq!(rewritten("a: {k: 1, k: 2}\n"), "a:\n  k: 2\n");
    }

    #[test]
    fn what_stands_behind_the_first_document_is_kept_as_it_is() {
        for rest in [
            "---\n",
            "---\n# end\n---\n",
            "--- {x\n",
            "...\n",
            "...\nb: 2",
            "---\r\nb:   2\r\n",
            "---\n'[bad",
        ] {
            assert_eq!(rewritten(&format!("a:  1\n{rest}")), format!("a: 1\n{rest}"));
            assert_eq!(rewritten(&format!("# c\n---\na:  1\n{rest}")), format!("a: 1\n{rest}"));
            assert_eq!(rewritten(&format!("--- {{a:  1}}\n{rest}")), format!("a: 1\n{rest}"));
        }
        let mut first = Document::read("---\n---\na: 1\n").expect("readable");
        assert!(first.top().expect("a mapping").pairs.is_empty());
        assert_eq!(rewritten("a: |\n  x\n  ---\n  y\n"), "a: |\n  x\n  ---\n  y\n");
    }

    #[test]
    fn what_no_mark_tells_from_the_first_document_is_read_and_not_written() {
        let mut document = Document::read("{a: 1} x\n").expect("readable");
        assert_eq!(document.top().expect("a mapping").pairs.len(), 1);
        assert!(matches!(document.to_text(), Err(DocumentError::Unmarked { line: 1 })));
    }

    #[test]
    fn what_cannot_be_kept_whole_is_refused() {
        let refused = |text: &str| Document::read(text).expect_err(text).to_string();
        assert!(refused("? [a]\n: b\n").contains("list or a mapping as a key"));
        assert!(refused("- a\n").starts_with("the top level of the file is not a mapping"));
        assert!(refused("just text").starts_with("the top level of the file is not a mapping"));
        assert!(refused("a: [b\n").starts_with("line "));
        assert!(refused("a: *b\n").starts_with("line 1"));
        assert!(refused("a: &b [*b]\n").starts_with("line 1"));
    }

    #[test]
    fn a_document_that_grows_without_end_is_refused() {
        let wide = |level: usize| {
            let aliases = format!("*a{}, ", level - 1).repeat(10);
            format!(
                "a{level}: &a{level} [{aliases}]
"
            )
        };
        let bomb: String = std::iter::once("a0: &a0 [x]\n".to_owned())
            .chain((1..12).map(wide))
            .collect();
        assert!(matches!(Document::read(&bomb), Err(DocumentError::TooComplex { .. })));
        let high = |level: usize| format!("b{level}: &b{level} [*b{}]\n", level - 1);
        let deep: String = std::iter::once("b0: &b0 [x]\n".to_owned())
            .chain((1..200).map(high))
            .collect();
        assert!(matches!(Document::read(&deep), Err(DocumentError::TooComplex { .. })));
        assert!(Document::read(&"[".repeat(100_000)).is_err());
        assert!(Document::read(&"- ".repeat(100_000)).is_err());
        assert!(Document::read(&"{a: ".repeat(100_000)).is_err());
    }

    #[test]
    fn an_error_never_repeats_what_stands_in_the_file() {
        for text in [
            "a: [s3cret",
            "a: s3cret: s3cret",
            "a: *s3cret",
            "\"s3cret",
            "a: \"s3cret\\q\"",
        ] {
            let error = Document::read(text).expect_err(text);
            assert!(!format!("{error} {error:?}").contains("s3cret"), "{error}");
        }
    }

    #[test]
    fn debug_shows_no_value() {
        let document = Document::read("token: s3cret").expect("readable");
        assert!(!format!("{document:?}").contains("s3cret"));
    }

    #[test]
    fn a_block_scalar_on_a_last_line_that_does_not_end_has_no_line_break() {
        // As kubectl 1.32 reads each.
        for (text, expected) in [
            ("|\n  S", "S"),
            ("|+\n  S", "S"),
            ("|-\n  S", "S"),
            (">\n  S", "S"),
            (">\n  S\n  T  ", "S T  "),
            ("|\n  S\r\n  T", "S\nT"),
            ("|\n  é", "é"),
            ("|2\n    S", "  S"),
            ("|\n  S\n    ", "S\n  "),
            ("|\n  S\n  ", "S\n"),
            ("|\n  S\n", "S\n"),
            ("|\n  S\n#c", "S\n"),
            ("|\n  #c\n #c", "#c\n"),
            ("|\n  S\nb: c", "S\n"),
            ("|\n S\n  ", "S\n "),
            ("|\n S\n   \n ", "S\n  \n"),
            ("|2\n   \n  ", " \n"),
            ("|+\n ", ""),
            (">+\r ", ""),
            ("|+\n\n ", "\n"),
            ("|+\n  S\n\n  ", "S\n\n"),
        ] {
            let mut document = Document::read(&format!("a: {text}")).expect(text);
            let (_, value) = &document.top().expect(text).pairs[0];
            assert_eq!(value.as_string(), Some(expected), "{text:?}");
        }
    }

    #[test]
    fn an_edit_of_a_file_whose_last_line_is_a_token_and_does_not_end_leaves_the_token() {
        let text = "users:\n- name: a\n  user:\n    token: |\n      S";
        let mut document = Document::read(text).expect("readable");
        document.top().expect("a mapping");
        assert_eq!(
            document.to_text().expect("representable").as_str(),
            "users:\n- name: a\n  user:\n    token: |-\n      S\n"
        );
    }

    /// What stands behind `a: `, and what kubectl 1.30 and 1.36 read there; `Err` says why we do not.
    const IN_BRACKETS: &[(&str, Result<&str, &str>)] = &[
        ("{?a: b}", Err("a ? outside quotes")),
        ("{? a: b}", Ok("\n  a: b")),
        ("{?: b}", Err("a ? outside quotes")),
        ("{?}", Err("a ? outside quotes")),
        ("{? }", Err("a key is empty")),
        ("{a?: b}", Err("a ? outside quotes")),
        ("{a: ?b}", Err("a ? outside quotes")),
        ("{a: b?c}", Err("a ? outside quotes")),
        ("{a: 'b?c', \"?d\": e}", Ok("\n  a: \"b?c\"\n  \"?d\": e")),
        ("[?a]", Err("a ? outside quotes")),
        ("[? a]", Ok("\n- a: ~")),
        ("[a, ?b : c]", Err("a ? outside quotes")),
        ("{a: [?b]}", Err("a ? outside quotes")),
        ("[https://x?y]", Err("a ? outside quotes")),
        ("{:a: b}", Err("a : outside quotes")),
        ("[:a]", Err("a : outside quotes")),
        ("{a: :b}", Err("a : outside quotes")),
        ("{: b}", Err("a key is empty")),
        ("{a:}", Err("a : outside quotes")),
        ("[a:, b]", Err("a : outside quotes")),
        ("{a :}", Err("a : outside quotes")),
        ("{a:[b]}", Err("not readable")),
        ("{a: }", Ok("\n  a: ~")),
        ("{a: , b: c}", Ok("\n  a: ~\n  b: c")),
        ("{a:b}", Ok("\n  a:b: ~")),
        ("{a: b:c, d::e}", Ok("\n  a: b:c\n  d::e: ~")),
        ("{\"a\":b}", Ok("\n  \"a\": b")),
        ("{'a':[b], \"c\":}", Ok("\n  \"a\":\n  - b\n  \"c\": ~")),
        ("{-a: b, c: -d}", Ok("\n  -a: b\n  c: -d")),
        ("[-a, --]", Ok("\n- -a\n- --")),
        ("{\n a: b,\n c:\n  d}", Ok("\n  a: b\n  c: d")),
        ("{a\n : b}", Err("not on one line")),
        ("{'a\n b': c}", Err("not on one line")),
        ("{a: b\n c}", Ok("\n  a: b c")),
        ("!x [a]", Ok(" !x\n- a")),
        ("[!x,b]", Err("a tag (!)")),
        ("&b.c d", Err("an anchor or alias")),
        ("&b:c d", Err("an anchor or alias")),
        ("&b [c]\nd: *b", Ok("\n- c\nd:\n- c")),
        ("b\u{2028}c", Err("invisible character U+2028")),
        ("'b\u{85}c'", Err("invisible character U+0085")),
        ("b # c\u{2029}d: e", Err("invisible character U+2029")),
        ("b # c\u{2028} \n\nd: e # \u{85}", Ok("b\nd: e")),
        ("\u{feff}b", Err("not readable")),
        ("b\n---\n\u{2028}", Ok(" b\n---\n\u{2028}")),
    ];

    #[test]
    fn what_stands_between_brackets_is_read_as_kubectl_reads_it_or_not_at_all() {
        for (text, expected) in IN_BRACKETS {
            let document = Document::read(&format!("a: {text}\n"));
            match (document, expected) {
                (Ok(document), Ok(expected)) => {
                    let new = document.to_text().expect(text);
                    let new = new.trim_start_matches("a:").trim_matches(' ').trim_end_matches('\n');
                    assert_eq!(new, expected.trim_matches(' '), "{text}");
                }
                (Err(error), Err(words)) => {
                    let error = error.to_string();
                    assert!(error.contains(words), "{text}: {error}");
                    assert!(!error.contains('\n') && error.contains("; "), "{error}");
                }
                (Ok(_), Err(words)) => panic!("{text} is read; {words}"),
                (Err(error), Ok(_)) => panic!("{text}: {error}"),
            }
        }
    }

    #[test]
    fn outside_brackets_a_question_mark_and_a_colon_are_letters_as_for_kubectl() {
        for text in [
            "?a: b\n",
            "a: ?b\n",
            "- ?a\n",
            ":a: b\n",
            "a: :b\n",
            "-a: b\n",
            "a:b: c?d\n",
            "a?: -b\n",
        ] {
            let text = text.replace("- ", "l:\n- ");
            assert_eq!(rewritten(&text), text);
        }
        assert_eq!(rewritten("? a\n: b\n"), "a: b\n");
        assert_eq!(rewritten("? ?a\n: ? b\n"), "?a:\n  b: ~\n");
    }

    #[test]
    fn of_keys_that_are_one_for_kubectl_the_last_counts() {
        assert_eq!(rewritten("y: 1\nyes: 2\ny: 3\n"), "yes: 2\ny: 3\n");
        assert_eq!(rewritten("1: a\n0x1: b\n1: c\n"), "0x1: b\n1: c\n");
    }
}
