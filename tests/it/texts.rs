//! No text for people stands in the code: those of Norwegian are known by their letters.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::arrows::files_below;

/// Letters and quotes that a text of more than a few words in Norwegian has.
const NORWEGIAN: [char; 8] = ['æ', 'ø', 'å', 'Æ', 'Ø', 'Å', '«', '»'];

/// Where strings of the code have such letters all the same, each for a reason. This list only shrinks.
const NO_TEXTS: &[(&str, &str)] = &[
    ("api/src/sandbox/", "made-up persons and organisations"),
    ("api/src/document/dialogue_message.rs", "words of other systems' code lists, which nobody may translate"),
    ("domain/src/search.rs", "letters that a search takes for others"),
    ("domain/src/routing/reason.rs", "where rules come from, by the name of the source"),
];

/// The lines of a file before its tests that have a string with such a letter, but for comments and examples of the API.
fn suspects(text: &str) -> Vec<usize> {
    let is_module = |at: &usize| text[*at..].lines().nth(1).is_some_and(|line| line.ends_with('{'));
    let tests = text.match_indices("#[cfg(test)]\nmod ").map(|(at, _)| at).find(is_module);
    let code = &text[..tests.unwrap_or(text.len())];
    let is_suspect = |line: &str| {
        let line = line.trim_start();
        let is_said_elsewhere = line.starts_with("//") || line.starts_with("#[schema(");
        !is_said_elsewhere && line.contains('"') && line.contains(NORWEGIAN)
    };
    code.lines().zip(1..).filter(|(line, _)| is_suspect(line)).map(|(_, number)| number).collect()
}

#[test]
fn no_text_for_people_stands_in_the_code() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace");
    let mut excused = BTreeSet::<&(&str, &str)>::new();
    for krate in ["api", "domain", "persistence"] {
        for file in files_below(&root.join(krate).join("src")) {
            let path = file.strip_prefix(root).expect("below").to_string_lossy().into_owned();
            let found = suspects(&fs::read_to_string(&file).expect("the code can be read"));
            // Files of tests are called so.
            if found.is_empty() || path.contains("test") {
                continue;
            }
            let excuse = NO_TEXTS.iter().find(|(excused, _)| path.starts_with(excused));
            assert!(excuse.is_some(), "{path} has a text in the lines {found:?}: it belongs into api/texts");
            excused.extend(excuse);
        }
    }
    assert_eq!(excused.len(), NO_TEXTS.len(), "not needed any more: take it out of NO_TEXTS");
}

#[test]
fn texts_are_found_in_code_and_not_in_comments_examples_and_tests() {
    let code = "// \"å\"\n#[schema(example = \"å\")]\nfn f() { g(\"å\"); h('å'); }\n#[cfg(test)]\nmod unit {\n\"å\"\n";
    assert_eq!(suspects(code), [3]);
}
