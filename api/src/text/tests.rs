use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use domain::routing::Reason;
use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement};
use strum::VariantArray as _;

use super::*;
use crate::problem::{self, ViolationCode};
use crate::{document, mailbox_text, outbound, worker};

/// The texts of a file by name, each with its variables.
type Texts = BTreeMap<String, BTreeSet<String>>;

/// What the code says out of each file. Whoever adds a file is asked here for its messages.
fn said(file: File) -> Texts {
    match file {
        File::Problems => named(problem::every_text()),
        File::Violations => named(problem::every_violation()),
        File::Pages => named(problem::every_label()),
        File::Routing => named(Reason::VARIANTS.to_vec()),
        File::Documents => named(document::every_journal_text()),
        File::Letters => {
            named(document::every_letter_text()).into_iter().chain(named(outbound::every_package_text())).collect()
        }
        File::Notices => named(worker::every_notice_text()),
        File::Mailbox => named(mailbox_text::every_mailbox_text()),
    }
}

fn named<M: Message>(messages: Vec<M>) -> Texts {
    let named = messages.iter().map(|message| {
        let variables = message.values().into_iter().map(|(name, _)| name.to_owned()).collect();
        (name(message.id(), message.attribute()), variables)
    });
    named.collect()
}

fn name(id: &str, attribute: Option<&str>) -> String {
    attribute.map_or_else(|| id.to_owned(), |attribute| format!("{id}.{attribute}"))
}

/// What a file says.
fn written_in(source: &str) -> Texts {
    let resource = FluentResource::try_new(source.to_owned()).map_err(|(_, faults)| faults).expect("valid Fluent");
    let mut texts = Texts::new();
    for entry in resource.entries() {
        let message = match entry {
            Entry::Message(message) => message,
            Entry::Comment(_) | Entry::GroupComment(_) | Entry::ResourceComment(_) => continue,
            Entry::Term(_) | Entry::Junk { .. } => panic!("messages and comments alone are looked into: {entry:?}"),
        };
        let id = message.id.name;
        let own = message.value.iter().map(|value| (name(id, None), value));
        let attributes = message.attributes.iter().map(|of| (name(id, Some(of.id.name)), &of.value));
        for (name, pattern) in own.chain(attributes) {
            assert!(texts.insert(name.clone(), variables(pattern)).is_none(), "{name} stands twice");
        }
    }
    texts
}

fn variables(pattern: &Pattern<&str>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for element in &pattern.elements {
        let PatternElement::Placeable { expression } = element else { continue };
        match expression {
            Expression::Inline(inline) => found.extend(variable(inline)),
            Expression::Select { selector, variants } => {
                found.extend(variable(selector));
                found.extend(variants.iter().flat_map(|variant| variables(&variant.value)));
            }
        }
    }
    found
}

fn variable(inline: &InlineExpression<&str>) -> Option<String> {
    match inline {
        InlineExpression::VariableReference { id } => Some(id.name.to_owned()),
        InlineExpression::StringLiteral { .. } | InlineExpression::NumberLiteral { .. } => None,
        _ => panic!("values and literals alone are looked into: {inline:?}"),
    }
}

#[test]
fn each_language_has_each_message_with_its_values_and_no_other() {
    for (file, tongue, source) in SOURCES {
        let (said, written) = (said(*file), written_in(source));
        let missing: Vec<_> = said.keys().filter(|name| !written.contains_key(*name)).collect();
        assert!(missing.is_empty(), "{file:?} {tongue:?}: no text for {missing:?}");
        let unused: Vec<_> = written.keys().filter(|name| !said.contains_key(*name)).collect();
        assert!(unused.is_empty(), "{file:?} {tongue:?}: nobody says {unused:?}");
        for (name, variables) in &said {
            assert_eq!(&written[name], variables, "{file:?} {tongue:?}: the values of {name}");
        }
    }
}

#[test]
fn each_file_is_there_in_bokmal_and_none_is_left_out() {
    for (file, ..) in SOURCES {
        assert!(SOURCES.iter().any(|(other, tongue, _)| other == file && *tongue == Tongue::Bokmal), "{file:?}");
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("texts");
    let entries = fs::read_dir(folder).expect("the texts").map(|entry| entry.expect("an entry").path());
    let count: usize = entries
        .filter(|entry| entry.is_dir())
        .map(|language| fs::read_dir(language).expect("a language").count())
        .sum();
    assert_eq!(count, SOURCES.len(), "a file of api/texts that is not in SOURCES says nothing");
}

#[test]
fn values_stand_as_they_are_without_marks_and_are_not_read_as_fluent() {
    let code = ViolationCode::NotAChoice { choices: vec!["{ $choices }", "«\u{e6}»"] };

    assert_eq!(text(&code, Language::Bokmal), "Verdien må være en av: { $choices }, «æ».");
}

#[test]
fn who_reads_a_language_without_the_text_gets_bokmal() {
    assert_eq!(text(&ViolationCode::Empty, ContactLanguage::Se), text(&ViolationCode::Empty, Language::Bokmal));
}

#[test]
fn a_text_may_have_forms_of_plural_in_each_language() {
    for tongue in [Tongue::Bokmal, Tongue::Nynorsk, Tongue::English, Tongue::NorthernSami] {
        let bundle = bundle(tongue, "files = { $count ->\n    [one] one\n   *[other] { $count } files\n}");
        let pattern = bundle.get_message("files").and_then(|found| found.value()).expect("a text");
        let said = |count: u8| {
            let values: FluentArgs<'_> = [("count", count)].into_iter().collect();
            bundle.format_pattern(pattern, Some(&values), &mut vec![]).into_owned()
        };
        assert_eq!([said(1), said(3)], ["one", "3 files"], "{tongue:?}");
    }
}
