//! `docs/access-matrix.md`, written from the decision, for those who read rules and not code.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use domain::access::{
    Action, Assurance, Facts, Grant, ItemFlags, OwnerFacts, Policy, PowerFacts, Refusal, Relation, Representative,
    Staff, VisibleScope, decide,
};
use domain::consent::ConsentLevel;
use domain::message::{ParentVisibility, YouthVisibility};
use domain::person::Protection;
use domain::rule::Rule;
use strum::VariantArray;

use crate::space;

/// With guardians admitted, so that their row can be shown.
const POLICY: Policy =
    Policy { youth_from_years: 13, admits_guardians: true, registered_power_wait: chrono::TimeDelta::zero() };

/// The rows, as a reader calls them, and in words what each stands for.
fn rows() -> Vec<(&'static str, &'static str, Facts)> {
    let owner = space::plain_owner();
    let child = |age_years| OwnerFacts { age_years, lives_with_responsible: true, ..owner };
    let parent = Representative { has_responsibility: true, ..space::plain_other() };
    let holder = Representative { given: PowerFacts::Inbox, ..space::plain_other() };
    let assigned = Representative { assigned: PowerFacts::Inbox, ..space::plain_other() };
    let guardian = Representative { is_guardian: true, ..space::plain_other() };
    vec![
        ("owner", "the owner, 16 or older", own(owner)),
        (
            "youth",
            "the owner of 13 to 15, to whom a parent has given access, with consent at level Full",
            own(OwnerFacts { youth_access: true, ..child(13) }),
        ),
        ("youth alone", "the owner of 13 to 15 without such access", own(child(13))),
        ("parent < 12", "parental responsibility for a child under 12", other(child(11), parent)),
        ("parent 12–15", "parental responsibility for a child of 12 to 15", other(child(12), parent)),
        ("assigned", "a power of attorney that was assigned (TD)", other(owner, assigned)),
        ("holder", "a power of attorney for the inbox (FU, area 3)", other(owner, holder)),
        ("guardian", "a guardian, in an installation that admits them; by default none is", other(owner, guardian)),
        (
            "staff",
            "a health worker of a service, who follows up the owner, is responsible by the nightly exchange, or has recorded a lawful access",
            staff(owner, |_| {}),
        ),
        (
            "assignee",
            "a health worker of a service who is none of that, and is to answer a conversation that is not closed",
            staff(owner, |staff| {
                for membership in &mut staff.memberships {
                    membership.has_lawful_access = false;
                    membership.answers = vec![space::conversation(1)];
                }
            }),
        ),
    ]
}

fn own(owner: OwnerFacts) -> Facts {
    Facts { assurance: Some(Assurance::High), owner: Some(owner), relation: Relation::Own(owner.person) }
}

fn other(owner: OwnerFacts, other: Representative) -> Facts {
    Facts { relation: Relation::Other(other), ..own(owner) }
}

fn staff(owner: OwnerFacts, change: impl FnOnce(&mut Staff)) -> Facts {
    let membership = domain::access::Membership {
        service: space::service(1),
        has_lawful_access: true,
        answers: vec![],
        is_cleared: false,
        lacks_hpr_number: false,
    };
    let mut staff = Staff { person: Some(space::other_person()), is_close: false, memberships: vec![membership] };
    change(&mut staff);
    Facts { relation: Relation::Staff(staff), ..own(owner) }
}

/// What the actions are about, and how a reader calls each.
const THEMES: [(&str, &[(Action, &str)]); 5] = [
    (
        "The mailbox and what is kept of its owner",
        &[
            (Action::SeeMailbox, "see that it is there, its owner's name, how much is unread"),
            (Action::ExplainAccess, "ask who may do what, and why"),
            (Action::SeeProfile, "see the profile"),
            (Action::ChangeContactDetails, "say how the owner can be reached, or correct it"),
            (Action::ReadAccessLog, "read the access log"),
        ],
    ),
    (
        "Decisions",
        &[
            (Action::DecideConsent, "give, change or withdraw consent"),
            (Action::DecideYouthAccess, "give a child access of its own, or take it back"),
            (Action::DecideLock, "lock the mailbox, or open it again"),
            (Action::DecidePowers, "give or change a power of attorney"),
            (Action::SeePowers, "see powers of attorney, and end them"),
            (Action::AcceptDocument, "accept a document"),
            (Action::WithholdFromHolders, "withhold a message from holders, or show it"),
            (Action::WithholdFromParents, "withhold a message from parents, or show it"),
        ],
    ),
    (
        "Messages",
        &[
            (Action::ListMessages, "see the overview"),
            (Action::ReadMessage, "read a message"),
            (Action::FetchAttachment, "fetch a file"),
            (Action::MarkMessage, "mark as read or unread"),
            (Action::DeleteMessage, "delete from the inbox"),
            (Action::WriteMessage, "write to a service, and answer"),
            (Action::AnswerMessage, "answer as a service"),
        ],
    ),
    (
        "Appointments",
        &[(Action::SeeAppointments, "see appointments and visits"), (Action::CancelAppointment, "cancel one")],
    ),
    ("Health contacts", &[(Action::SeeHealthContacts, "see health contacts, current and former")]),
];

/// An item that everybody in a row may see, but for what a row of its own says.
const ITEM: ItemFlags = ItemFlags {
    minimum_consent: ConsentLevel::Basis,
    available_at_protected_address: true,
    parents: ParentVisibility::Until16,
    withheld_from_parents: false,
    power_of_attorney: true,
    withheld_from_holders: false,
    youth: YouthVisibility::WithConsent,
    is_parental: false,
};

fn items() -> Vec<(&'static str, ItemFlags)> {
    vec![
        ("open to parents until 16, to holders, and to youth with access", ITEM),
        ("asks for more consent than the owner gave", ItemFlags { minimum_consent: ConsentLevel::Full, ..ITEM }),
        ("not for parents", ItemFlags { parents: ParentVisibility::Never, ..ITEM }),
        ("for parents until 12", ItemFlags { parents: ParentVisibility::Until12, ..ITEM }),
        ("withheld from parents by health personnel", ItemFlags { withheld_from_parents: true, ..ITEM }),
        ("not for holders", ItemFlags { power_of_attorney: false, ..ITEM }),
        ("withheld from holders by the owner", ItemFlags { withheld_from_holders: true, ..ITEM }),
        ("not for youth", ItemFlags { youth: YouthVisibility::Never, ..ITEM }),
        ("arranged by the child alone", ItemFlags { youth: YouthVisibility::Always, ..ITEM }),
        ("written by a parent for the child, or an answer to it", ItemFlags { is_parental: true, ..ITEM }),
    ]
}

/// What makes another case of one.
type Change<'a> = &'a dyn Fn(&Facts) -> Facts;

/// The document, with the rules that it names.
struct Page {
    text: String,
    /// By their letters and their number, which is the order of the list.
    rules: BTreeSet<(&'static str, u32, &'static str)>,
}

impl Page {
    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn head(&mut self, columns: &[&str]) {
        self.line(&format!("| {} |", columns.join(" | ")));
        self.line(&format!("|{}", "---|".repeat(columns.len())));
    }

    fn rule(&mut self, rule: Rule) -> &'static str {
        let (letters, number) = rule.id().split_once('-').expect("a rule id has letters and a number");
        self.rules.insert((letters, number.parse().expect("a number"), rule.id()));
        rule.id()
    }

    fn answer(&mut self, answer: &Result<Grant, Refusal>) -> String {
        match answer {
            Ok(grant) => self.rule(grant.rule()).to_owned(),
            Err(refusal) => format!("– {}", self.rule(refusal.rule())),
        }
    }

    /// A table of what each row may do.
    fn theme(&mut self, actions: &[(Action, &str)], rows: &[(&str, Facts)]) {
        let mut columns = vec![""];
        columns.extend(rows.iter().map(|(name, _)| *name));
        self.head(&columns);
        for (action, what) in actions {
            let mut line = format!("| {what} |");
            for (_, facts) in rows {
                let answer = self.answer(&decide(*action, facts, POLICY));
                let _ = write!(line, " {answer} |");
            }
            self.line(&line);
        }
    }
}

const INTRODUCTION: &str = "\
<!-- Written from `domain::access::decide` by `domain/tests/access/matrix.rs`. Accept a change with UPDATE_DOCS=1. -->
# Who may do what in a mailbox

Each cell below is an answer of the program, with the id of the rule that decided: `HN-5` is yes by rule HN-5, `– FUL-9`
is no by rule FUL-9. What the rules say is at the end. How their gaps were closed, and in which order they are asked, is
in [ADR 8](adr/0008-order-of-the-access-decision.md). Who stands in none of the columns gets nothing.

A caller stands in one column, the strongest that is in force now. The columns are, at an open address, with consent and
nothing locked:
";

const EXCEPT: &str = "\
A withheld or hidden item is not there: it is in no list, no count and no search, and a request for it gets the answer
for an unknown id. A health worker sees everything that the services they stand for have sent or received, also what the
owner has deleted, and nothing of other services; where they only are to answer, that conversation and nothing else,
until it is closed or goes to somebody else. Everybody else looks into the inbox. `yes` is visible.
";

const CLOSED: &str = "\
Consent and lock close what is about content: messages, files, appointments, health contacts. They do not close the
service's own record to its staff. What a child may arrange alone takes no consent. A lock is told to the owner alone;
others get the answer that they would get without consent.
";

const AWAY: &str = "\
*Hidden* gets the answer for an unknown id. *Told* gets the rule. The word and the rule are what the audit log keeps,
also of what is hidden from the caller.
";

fn document() -> String {
    let mut page = Page { text: INTRODUCTION.to_owned(), rules: BTreeSet::new() };
    let all = rows();
    let rows: Vec<(&str, Facts)> = all.iter().map(|(name, _, facts)| (*name, facts.clone())).collect();
    page.line("");
    page.head(&["column", "who", "word", "looks into", "reading counts as opened by the citizen (KRR-10)"]);
    for (name, who, facts) in &all {
        let grant = decide(Action::ReadMessage, facts, POLICY).expect("everybody in a row reads");
        let scope = match grant.visibility().scope() {
            VisibleScope::Inbox => "the inbox",
            VisibleScope::Record(reach) if reach.is_of_patient() => "what their services sent or received",
            VisibleScope::Record(_) => "that conversation",
        };
        let opens = if grant.reads_as_the_citizen() { "yes" } else { "–" };
        page.line(&format!("| {name} | {who} | `{}` | {scope} | {opens} |", grant.standing().as_word()));
    }
    for (title, actions) in THEMES {
        page.line(&format!("\n## {title}\n"));
        page.theme(actions, &rows);
    }
    items_seen(&mut page, &rows);
    closed(&mut page, &rows);
    sent_away(&mut page);
    page.line("\n## The rules\n");
    page.head(&["rule", "what it says"]);
    for (_, _, id) in page.rules.clone() {
        page.line(&format!("| {id} | {} |", meaning(id)));
    }
    page.text
}

fn items_seen(page: &mut Page, rows: &[(&str, Facts)]) {
    page.line("\n## Which messages and appointments\n");
    page.line(EXCEPT);
    let mut columns = vec!["what is …"];
    columns.extend(rows.iter().map(|(name, _)| *name));
    page.head(&columns);
    let sees = |facts: &Facts, item: ItemFlags| {
        decide(Action::ReadMessage, facts, POLICY).is_ok_and(|grant| grant.visibility().bounds().admit(item))
    };
    let cell = |is_seen: bool| if is_seen { " yes |" } else { " – |" };
    for (what, item) in items() {
        let mut line = format!("| {what} |");
        for (name, facts) in rows {
            let asks_for_more = item.minimum_consent == ConsentLevel::Full;
            // Youth access takes consent at level Full, and there is none above it.
            line += match (asks_for_more, *name) {
                (true, "youth") => " n/a |",
                (true, _) => cell(sees(&with_basic_consent(facts), item)),
                (false, _) => cell(sees(facts, item)),
            };
        }
        page.line(&line);
    }
    let closed_to_protected = ItemFlags { available_at_protected_address: false, ..ITEM };
    let line: String =
        rows.iter().map(|(_, facts)| cell(sees(&at_protected_address(facts), closed_to_protected))).collect();
    page.line(&format!("| of a service closed to protected addresses, the owner's being protected |{line}"));
    page.line("\nWhat a child arranges alone is shown to it whatever consent the service asks for otherwise.");
}

fn with_basic_consent(facts: &Facts) -> Facts {
    Facts { owner: facts.owner.map(|owner| OwnerFacts { consent: ConsentLevel::Basis, ..owner }), ..facts.clone() }
}

/// The same case with a protected owner, staff having the role for it.
fn at_protected_address(facts: &Facts) -> Facts {
    let mut facts = facts.clone();
    facts.owner = facts.owner.map(|owner| OwnerFacts { protection: Protection::Confidential, ..owner });
    if let Relation::Staff(staff) = &mut facts.relation {
        for membership in &mut staff.memberships {
            membership.is_cleared = true;
        }
    }
    facts
}

fn closed(page: &mut Page, rows: &[(&str, Facts)]) {
    page.line("\n## Without consent, locked, at a protected address\n");
    page.line(CLOSED);
    let owner = |change: fn(OwnerFacts) -> OwnerFacts| {
        move |facts: &Facts| Facts { owner: facts.owner.map(change), ..facts.clone() }
    };
    let actions = [
        (Action::SeeMailbox, "see the mailbox"),
        (Action::ReadMessage, "read a message"),
        (Action::WriteMessage, "write"),
        (Action::SeeAppointments, "see appointments"),
        (Action::DeleteMessage, "delete"),
        (Action::DecideConsent, "decide consent"),
        (Action::DecidePowers, "give a power of attorney"),
        (Action::ReadAccessLog, "read the access log"),
    ];
    let without = owner(|owner| OwnerFacts { consent: ConsentLevel::None, ..owner });
    let locked = owner(|owner| OwnerFacts { is_locked: true, ..owner });
    let changes: [(&str, Change); 3] = [
        ("Without consent (a youth without consent is in the column “youth alone”)", &without),
        ("Locked", &locked),
        ("At a protected address (staff with the role for the grade)", &at_protected_address),
    ];
    for (title, change) in changes {
        page.line(&format!("### {title}\n"));
        let rows: Vec<_> = rows.iter().map(|(name, facts)| (*name, change(facts))).collect();
        page.theme(&actions, &rows);
        page.line("");
    }
    page.text.pop();
}

fn sent_away(page: &mut Page) {
    page.line("\n## Who is sent away, and what they hear\n");
    page.line(AWAY);
    page.head(&["who", "what they hear", "word", "rule"]);
    for (who, facts, policy) in strangers() {
        let refusal = decide(Action::ReadMessage, &facts, policy).expect_err(who);
        let hears = if refusal.is_hidden() { "hidden" } else { "told" };
        let rule = page.rule(refusal.rule());
        page.line(&format!("| {who} | {hears} | `{}` | {rule} |", refusal.as_word()));
    }
}

fn strangers() -> Vec<(&'static str, Facts, Policy)> {
    let admits = POLICY;
    let owner = space::plain_owner();
    let protected = OwnerFacts { protection: Protection::StrictlyConfidential, ..owner };
    let child = |age_years| OwnerFacts { age_years, lives_with_responsible: true, ..owner };
    let nobody_home = OwnerFacts { lives_with_responsible: false, ..child(11) };
    let plain = space::plain_other();
    let parent = Representative { has_responsibility: true, ..plain };
    let given = |given| Representative { given, ..plain };
    let holder = given(PowerFacts::Inbox);
    let assigned = Representative { assigned: PowerFacts::Inbox, ..plain };
    let guardian = Representative { is_guardian: true, ..plain };
    let low = |facts: Facts| Facts { assurance: Some(Assurance::Substantial), ..facts };
    let no_person = |relation| Facts { assurance: None, relation, ..own(owner) };
    let cases = vec![
        ("anybody, logged in below level high", low(own(owner))),
        ("anybody, at an unknown id", Facts { owner: None, ..own(owner) }),
        ("anybody, at the mailbox of somebody dead", own(OwnerFacts { is_dead: true, ..owner })),
        ("a system of an organisation", no_person(Relation::System)),
        ("an operator", no_person(Relation::Operator)),
        ("a citizen who is in no register", Facts { relation: Relation::Nobody, ..own(owner) }),
        ("a citizen who is nothing to the owner", other(owner, plain)),
        ("a holder whom the register has as dead", other(owner, Representative { is_dead: true, ..holder })),
        ("the owner under 13", own(child(12))),
        ("parental responsibility, the child being 16", other(child(16), parent)),
        ("parental responsibility, nobody responsible living with the child", other(nobody_home, parent)),
        ("a power of attorney that is not in force", other(owner, given(PowerFacts::NotInForce))),
        ("a power of attorney for other areas", other(owner, given(PowerFacts::OtherAreas))),
        ("a power of attorney of a holder under 18", other(owner, Representative { age_years: 17, ..holder })),
        ("a power of attorney of a giver under 16", other(child(15), holder)),
        ("an assigned one, the owner being under 12", other(child(11), assigned)),
        ("a representative, the owner's address being protected", other(protected, holder)),
        (
            "a representative with a protected address",
            other(owner, Representative { protection: Protection::Confidential, ..holder }),
        ),
        (
            "a representative, while the register is away and what it said is old",
            other(owner, Representative { is_certain: false, ..holder }),
        ),
        ("a guardian, where they are admitted, of a child under 16", other(child(15), guardian)),
        ("a health worker who is the owner or close family", staff(owner, |staff| staff.is_close = true)),
        ("a health worker of no service", staff(owner, |staff| staff.memberships.clear())),
        (
            "a health worker without lawful access to the owner",
            staff(owner, |staff| staff.memberships.iter_mut().for_each(|of| of.has_lawful_access = false)),
        ),
        ("a health worker without the role for the owner's grade", staff(protected, |_| {})),
        (
            "a health worker without an HPR number, of services that need one",
            staff(owner, |staff| staff.memberships.iter_mut().for_each(|of| of.lacks_hpr_number = true)),
        ),
    ];
    let mut cases: Vec<_> = cases.into_iter().map(|(who, facts)| (who, facts, admits)).collect();
    cases.push(("a guardian, where they are not admitted", other(owner, guardian), Policy::default()));
    cases
}

/// What the code says of a rule, in its own words.
fn meaning(id: &str) -> &'static str {
    let source = include_str!("../../src/rule.rs");
    let mut said = "";
    for line in source.lines().map(str::trim) {
        if let Some(text) = line.strip_prefix("/// ") {
            said = text;
        } else if line == format!("#[strum(serialize = \"{id}\")]") {
            return said;
        }
    }
    panic!("{id} is no rule")
}

#[test]
fn the_matrix_is_as_written_down() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/access-matrix.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, document()).expect("docs can be written");
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(written == document(), "docs/access-matrix.md differs from the decision: accept with UPDATE_DOCS=1");
}

#[test]
fn the_matrix_shows_every_action_once() {
    let shown: Vec<Action> = THEMES.iter().flat_map(|(_, actions)| actions.iter().map(|(action, _)| *action)).collect();
    for action in Action::VARIANTS {
        assert_eq!(shown.iter().filter(|of| *of == action).count(), 1, "{action:?}");
    }
}
