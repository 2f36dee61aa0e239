//! The list of attacks names tests that there are.

use std::path::{Path, PathBuf};

/// Every source of ours below a folder.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn every_test_that_the_list_of_attacks_names_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace");
    let mut files = vec![];
    for folder in ["domain/src", "persistence/src", "api/src", "tests/it"] {
        sources(&root.join(folder), &mut files);
    }
    let code: String = files.iter().map(|file| std::fs::read_to_string(file).expect("a text")).collect();
    let list = std::fs::read_to_string(root.join("docs/security-tests.md")).expect("the list is there");
    // Names of tests are sentences: nothing else between backticks has so many words.
    let names: Vec<&str> =
        list.split('`').filter(|text| text.matches('_').count() >= 3 && !text.contains('=')).collect();
    assert!(names.len() > 60, "{}", names.len());
    let missing: Vec<&&str> = names.iter().filter(|name| !code.contains(&format!("fn {name}("))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
