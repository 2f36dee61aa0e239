//! `docs/problems.md` is written from the registry, and compared with it.

use std::fmt::Write as _;
use std::{env, fs};

use strum::{IntoEnumIterator as _, VariantArray as _};

use super::{ProblemKind, TYPE_BASE, ViolationCode, texts};
use crate::language::Language;
use crate::text::text;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/problems.md");

const HEAD: &str = "\
<!-- Written from the registry in api/src/problem. Accept a change with UPDATE_DOCS=1. -->
# Problems

Every error answer is `application/problem+json` (RFC 9457) of one of the kinds below. The list is closed: a kind never
changes its meaning, and a program may rely on `type`, `status`, `retryable` and `rule`. `title` and `detail` are for
people, in Bokmål, Nynorsk or English by `Accept-Language`; the program itself serves a page for each kind under
`/problems/<slug>`. *Retry* says that the same request, sent again unchanged, can succeed.

";

const VIOLATIONS: &str = "
# Codes of violations

Where fields are wrong, `errors` lists all of them at once: `pointer` (a JSON pointer into the body, or `?name` for a
parameter of the query), `code` (one of these) and `message`. No message repeats what was sent.

";

/// One of each, with limits and words as they may stand in an answer.
pub(crate) fn examples() -> Vec<ViolationCode> {
    ViolationCode::iter()
        .map(|code| match code {
            ViolationCode::TooLong { .. } => ViolationCode::TooLong { max: 120 },
            ViolationCode::TooMany { .. } => ViolationCode::TooMany { max: 20 },
            ViolationCode::NotAChoice { .. } => ViolationCode::NotAChoice { choices: vec!["letter", "dialogue"] },
            ViolationCode::OutOfRange { .. } => ViolationCode::OutOfRange { min: 1, max: 200 },
            ViolationCode::ScopeMissing { .. } => ViolationCode::ScopeMissing { scope: "brevdue:staff.write" },
            ViolationCode::ExactlyOneOf { .. } => ViolationCode::ExactlyOneOf { fields: &["nationalId", "mailboxId"] },
            other => other,
        })
        .collect()
}

fn document() -> String {
    let mut document = HEAD.to_owned();
    let _ = writeln!(
        document,
        "`type` is `{TYPE_BASE}<slug>`.\n\n| slug | status | retry | title | how to mend it |\n|---|---|---|---|---|"
    );
    for kind in ProblemKind::VARIANTS {
        let (title, fix) = (texts::title(*kind, Language::English), texts::fix(*kind, Language::English));
        let retry = if kind.is_retryable() { "yes" } else { "no" };
        let _ = writeln!(document, "| `{}` | {} | {retry} | {title} | {fix} |", kind.slug(), kind.status().as_u16(),);
    }
    document.push_str(VIOLATIONS);
    document.push_str("| code | message |\n|---|---|\n");
    for code in examples() {
        let _ = writeln!(document, "| `{}` | {} |", code.as_word(), text(&code, Language::English));
    }
    document
}

#[test]
fn the_list_of_problems_in_docs_is_the_registry() {
    if env::var_os("UPDATE_DOCS").is_some() {
        fs::write(FILE, document()).expect("docs/ can be written");
    }
    let written = fs::read_to_string(FILE).unwrap_or_default();
    assert!(written == document(), "docs/problems.md differs from the registry: accept with UPDATE_DOCS=1");
}

#[test]
fn each_violation_has_a_message_in_each_language() {
    for code in examples() {
        for language in Language::VARIANTS {
            let message = text(&code, *language);
            assert!(message.ends_with('.') && message.len() > 10, "{code:?} {language:?}");
        }
    }
}
