//! Which part of a crate may use which: the arrows between its modules, out of the code, against a table.
//!
//! A new arrow is a decision: it goes into the table in the commit that makes it, where a reviewer sees it. The table of `api`
//! has no circle. That of `persistence` still has one, which only shrinks.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Of each module of `api`: what it uses.
const API: &[(&str, &str)] = &[
    (
        "app",
        "at_once auth clock connect document http mailbox_text openapi operations outbound problem rate_limit sandbox settings shutdown state telemetry worker",
    ),
    ("at_once", "rate_limit"),
    ("auth", "clock outbound settings"),
    ("cli", "app openapi settings telemetry"),
    ("clock", ""),
    ("connect", "clock outbound settings"),
    ("contract", ""),
    ("document", "language text"),
    ("event_body", "vocabulary"),
    (
        "http",
        "at_once auth contract document event_body language mailbox_text outbound problem rate_limit settings state telemetry text vocabulary",
    ),
    ("language", ""),
    ("mailbox_text", "language text"),
    ("openapi", "contract operations"),
    ("operations", "http sandbox_http"),
    ("outbound", "clock language settings text"),
    ("problem", "auth language text"),
    ("rate_limit", "settings"),
    ("sandbox", "auth clock outbound settings worker"),
    ("sandbox_http", "auth http problem sandbox state vocabulary worker"),
    ("settings", ""),
    ("shutdown", ""),
    ("state", "at_once auth clock document rate_limit sandbox settings shutdown worker"),
    ("telemetry", "settings"),
    ("text", "language"),
    ("vocabulary", ""),
    ("worker", "clock document event_body outbound rate_limit telemetry text"),
];

/// Of each module of `persistence`: what it uses.
const PERSISTENCE: &[(&str, &str)] = &[
    ("access", "batch chain context database error mailboxes page persons schema services vault work"),
    ("batch", "database error"),
    ("blob", "chain private vault"),
    ("chain", ""),
    ("context", ""),
    ("database", "error private schema work"),
    ("error", "access blob"),
    ("feeds", "access chain context database error idempotency page schema vault"),
    ("file_inspection", "chain database error vault"),
    ("idempotency", "access context database error schema vault"),
    (
        "letters",
        "access chain context database error feeds idempotency mailboxes page persons schema services vault work",
    ),
    (
        "mailboxes",
        "access batch blob chain context database error feeds idempotency letters page persons schema services vault words work",
    ),
    ("page", "database error vault"),
    (
        "persons",
        "access chain context database error idempotency letters mailboxes page schema services vault words work",
    ),
    ("private", ""),
    ("schema", "database"),
    (
        "services",
        "access batch blob chain context database error feeds file_inspection idempotency mailboxes page persons schema upkeep vault",
    ),
    (
        "store",
        "access blob database error feeds file_inspection letters persons schema services upkeep vault words work",
    ),
    (
        "upkeep",
        "access blob chain context database error feeds idempotency mailboxes persons schema services store vault",
    ),
    ("vault", ""),
    ("words", ""),
    ("work", "chain context database error feeds letters mailboxes page persons schema"),
];

/// How many modules of `persistence` are in its circle. A smaller number is better; a larger one is not taken.
const IN_THE_CIRCLE_OF_PERSISTENCE: usize = 16;

type Arrows = BTreeMap<String, BTreeSet<String>>;

fn table(rows: &[(&str, &str)]) -> Arrows {
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect();
    rows.iter().map(|(from, to)| ((*from).to_owned(), words(to))).collect()
}

/// The arrows between the modules of the first level of a crate, but for those of its tests.
fn arrows(krate: &str) -> Arrows {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace").join(krate).join("src");
    let files = files_below(&root);
    let module = |file: &Path| {
        let first = file.strip_prefix(&root).expect("below").components().next().expect("a name");
        first.as_os_str().to_string_lossy().trim_end_matches(".rs").to_owned()
    };
    let modules: BTreeSet<String> = files.iter().map(|file| module(file)).collect();
    let mut arrows = Arrows::new();
    for file in files {
        let from = module(&file);
        let is_of_tests = file.components().any(|part| part.as_os_str().to_string_lossy().starts_with("tests"));
        if ["lib", "main"].contains(&from.as_str()) || is_of_tests {
            continue;
        }
        let text = fs::read_to_string(&file).expect("the code can be read");
        let to = arrows.entry(from.clone()).or_default();
        to.extend(used(&text).into_iter().filter(|to| *to != from && modules.contains(to)));
    }
    arrows
}

pub(crate) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the folder is there").map(|entry| entry.expect("an entry").path());
    entries
        .flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect()
}

/// The modules of its own crate that a file names after `crate::`, one by one or in braces.
fn used(text: &str) -> BTreeSet<String> {
    let end =
        ["#[cfg(test)]", "#[cfg(all(test"].iter().filter_map(|tests| text.find(tests)).min().unwrap_or(text.len());
    let text = &text[..end];
    let code: String = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let mut used = BTreeSet::new();
    for rest in code.split("crate::").skip(1) {
        match rest.strip_prefix('{') {
            None => used.extend(first_word(rest)),
            Some(list) => used.extend(items(list)),
        }
    }
    used
}

fn first_word(text: &str) -> Option<String> {
    let word: String = text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    (!word.is_empty()).then_some(word)
}

/// The first words of the items of a list in braces, whose opening one has been read.
fn items(list: &str) -> Vec<String> {
    let (mut depth, mut item, mut items) = (0, String::new(), vec![]);
    for c in list.chars() {
        match c {
            '}' if depth == 0 => break,
            ',' if depth == 0 => items.push(std::mem::take(&mut item)),
            _ => {
                depth += i32::from(c == '{') - i32::from(c == '}');
                item.push(c);
            }
        }
    }
    items.push(item);
    items.iter().filter_map(|item| first_word(item.trim_start())).collect()
}

/// The modules that lead back to themselves.
fn in_a_circle(arrows: &Arrows) -> BTreeSet<String> {
    let reached = |from: &str| {
        let (mut reached, mut open) = (BTreeSet::new(), vec![from.to_owned()]);
        while let Some(next) = open.pop() {
            for to in arrows.get(&next).into_iter().flatten() {
                if reached.insert(to.clone()) {
                    open.push(to.clone());
                }
            }
        }
        reached
    };
    arrows.keys().filter(|module| reached(module).contains(*module)).cloned().collect()
}

fn agree(krate: &str, rows: &[(&str, &str)]) -> Arrows {
    let (found, allowed) = (arrows(krate), table(rows));
    for (from, to) in &found {
        let known = allowed.get(from).cloned().unwrap_or_default();
        let new: Vec<_> = to.difference(&known).collect();
        assert!(new.is_empty(), "{krate}: {from} uses {new:?}, which the table does not allow");
        let gone: Vec<_> = known.difference(to).collect();
        assert!(gone.is_empty(), "{krate}: {from} does not use {gone:?} any more: take it out of the table");
    }
    let missing: Vec<_> = allowed.keys().filter(|from| !found.contains_key(*from)).collect();
    assert!(missing.is_empty(), "{krate}: {missing:?} are no modules any more");
    found
}

#[test]
fn api_uses_what_its_table_allows_and_has_no_circle() {
    let circle = in_a_circle(&agree("api", API));
    assert!(circle.is_empty(), "{circle:?}");
}

#[test]
fn persistence_uses_what_its_table_allows_and_its_circle_does_not_grow() {
    let circle = in_a_circle(&agree("persistence", PERSISTENCE));
    assert_eq!(circle.len(), IN_THE_CIRCLE_OF_PERSISTENCE, "{circle:?}");
}

#[test]
fn uses_are_found_wherever_they_stand() {
    let code = "use crate::{one::{A, B}, two, Three};\n// crate::four\nfn f() { crate::five::g() }\n#[cfg(test)]\nuse crate::six;\n";
    assert_eq!(used(code).into_iter().collect::<Vec<_>>(), ["Three", "five", "one", "two"]);
    let circle = table(&[("a", "b"), ("b", "c"), ("c", "b"), ("d", "a")]);
    assert_eq!(in_a_circle(&circle).into_iter().collect::<Vec<_>>(), ["b", "c"]);
}
