//! The decision table, written a second time.
//!
//! From the rules and from `docs/adr/0008-order-of-the-access-decision.md`, not from the code, and in another form: two
//! tables of text, and one small question for each step. Where this and `decide` differ, one of them is wrong.

use domain::access::{Action, Assurance, Facts, ItemFlags, OwnerFacts, Policy, PowerFacts, Relation, Representative};
use domain::consent::ConsentLevel;
use domain::id::{ConversationId, ServiceId};
use domain::message::{ParentVisibility, YouthVisibility};
use domain::person::Protection;
use strum::VariantArray;

/// The rows of the decision table, in the order of the columns below.
pub(crate) const ROWS: [&str; 12] = [
    "self",
    "youth",
    "alone",
    "young",
    "parent<12",
    "parent<16",
    "assigned<16",
    "assigned",
    "holder",
    "guardian",
    "staff",
    "assignee",
];

/// Who may do what, once the inbox is no question. `x` may; `p` may unless the address is
/// protected (FUL-13), and with consent (CON-5, FUL-15); `r` takes another relation (DH-7).
const MAY: &str = "
                     self youth alone young parent<12 parent<16 assigned<16 assigned holder guardian staff assignee
seeMailbox             x    x     x     -     x         x         x           x        x      x        x        x
explainAccess          x    x     x     -     x         x         x           x        x      x        x        x
seeProfile             x    x     x     -     -         -         -           -        -      -        -        -
changeContactDetails   x    x     x     -     -         -         -           -        -      -        -        -
decideConsent          x    -     -     -     x         x         x           x        -      -        -        -
decideYouthAccess      -    -     -     -     -         x         -           -        -      -        -        -
decideLock             x    -     -     -     -         -         -           -        -      -        -        -
decidePowers           p    -     -     -     -         -         -           -        -      -        -        -
seePowers              x    -     -     -     -         -         -           -        -      -        -        -
acceptDocument         x    x     -     -     -         -         -           -        -      -        -        -
listMessages           x    x     x     -     x         x         x           x        x      x        x        x
readMessage            x    x     x     -     x         x         x           x        x      x        x        x
markMessage            x    x     x     -     x         x         x           x        -      -        -        -
deleteMessage          x    x     -     -     -         -         x           x        -      -        -        -
fetchAttachment        x    x     x     -     x         x         x           x        x      x        x        x
withholdFromHolders    x    -     -     -     -         -         -           -        -      -        -        -
withholdFromParents    -    -     -     -     -         -         -           -        -      -        x        x
writeMessage           x    x     x     -     x         -         x           x        x      x        -        -
answerMessage          -    -     -     -     -         -         -           -        -      -        x        x
seeAppointments        x    x     x     -     x         x         x           x        x      x        x        r
cancelAppointment      x    x     x     -     x         -         x           x        x      x        x        r
seeHealthContacts      x    x     x     -     x         x         x           x        x      x        x        r
readAccessLog          x    x     x     -     x         -         -           -        -      -        -        -
";

/// What hides an item from whom: `x` hides.
const HIDES: &str = "
                     self youth alone young parent<12 parent<16 assigned<16 assigned holder guardian staff assignee
theInboxIsClosed       x    x     x     x     x         x         x           x        x      x        -        -
asksForMoreConsent     x    x     -     x     x         x         x           x        x      x        -        -
notWhereProtected      x    x     x     x     x         x         x           x        x      x        -        -
neverForParents        -    -     -     -     x         x         x           -        -      -        -        -
forParentsUntil12      -    -     -     -     -         x         x           -        -      -        -        -
withheldFromParents    -    -     -     -     x         x         x           -        -      -        -        -
notForHolders          -    -     -     -     -         -         -           -        x      x        -        -
withheldFromHolders    -    -     -     -     -         -         x           x        x      x        -        -
neverForYouth          -    x     x     x     -         -         -           -        -      -        -        -
forYouthWithConsent    -    -     x     x     -         -         -           -        -      -        -        -
arrangedByYouthAlone   -    -     -     x     x         x         x           x        -      -        -        -
parental               x    x     x     x     -         -         x           x        x      x        -        -
";

/// The steps at which a refusal falls.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Step {
    /// 1: the login is below level high.
    Level,
    /// 2: no such owner, or dead.
    Owner,
    /// 3: no relation that is in force.
    Relation,
    /// 4: protection on either side, or of the patient of a health worker without the role.
    Protection,
    /// 4: the services by which a health worker reaches the patient need an HPR number.
    Number,
    /// 4: what the register said may be out of date.
    Stale,
    /// 5: no consent.
    Consent,
    /// 5: locked.
    Lock,
    /// 6: not in this row.
    Row,
}

impl Step {
    /// Steps 2 to 4 answer as if nothing were there; but whoever meets stale facts may try again.
    pub(crate) fn is_hidden(self) -> bool {
        matches!(self, Self::Owner | Self::Relation | Self::Protection)
    }
}

/// A row and what the visibility of items hangs on besides.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Row {
    /// The place in [`ROWS`].
    pub(crate) number: usize,
    /// The services of a health worker, and the single conversations; none for citizens, who look into the inbox.
    pub(crate) reach: Option<(Vec<ServiceId>, Vec<ConversationId>)>,
    pub(crate) consent: ConsentLevel,
    pub(crate) is_graded: bool,
    /// Why the inbox is closed, seen from this row.
    pub(crate) closed: Option<Step>,
}

impl Row {
    /// Its name.
    pub(crate) fn name(&self) -> &'static str {
        ROWS[self.number]
    }

    /// The word for what the caller is to the owner.
    pub(crate) fn word(&self) -> &'static str {
        [
            "self",
            "self",
            "self",
            "self",
            "parent",
            "parent",
            "assignedPowerOfAttorney",
            "assignedPowerOfAttorney",
            "powerOfAttorney",
            "guardian",
            "staff",
            "staff",
        ][self.number]
    }

    /// Whether reading from this row is the citizen's own reading (KRR-10).
    pub(crate) fn opens(&self) -> bool {
        !["holder", "guardian", "staff", "assignee"].contains(&self.name())
    }
}

/// The oracle: the tables, parsed once.
pub(crate) struct Oracle {
    /// For each action in the order of the type: whether it is about content, and its cells.
    may: Vec<(bool, Vec<char>)>,
    hides: Vec<(String, Vec<char>)>,
}

impl Oracle {
    pub(crate) fn new() -> Self {
        let mut may: Vec<(Action, Vec<char>)> =
            cells(MAY).into_iter().map(|(word, cells)| (action(&word), cells)).collect();
        may.sort_by_key(|(action, _)| *action as usize);
        assert!(may.iter().map(|(action, _)| action).eq(Action::VARIANTS), "a line for each action");
        let may = may.into_iter().map(|(action, cells)| (is_about_content(action), cells)).collect();
        Self { may, hides: cells(HIDES) }
    }

    /// The row in which somebody stands, or the step at which they are sent away.
    pub(crate) fn row(&self, facts: &Facts, policy: Policy) -> Result<Row, Step> {
        let has_person = !matches!(facts.relation, Relation::System | Relation::Operator);
        if facts.assurance != Some(Assurance::High) && (has_person || facts.assurance.is_some()) {
            return Err(Step::Level);
        }
        let owner = facts.owner.as_ref().filter(|owner| !owner.is_dead).ok_or(Step::Owner)?;
        let is_graded = owner.protection != Protection::Ungraded;
        let (name, reach) = match &facts.relation {
            Relation::Own(_) => (own_row(owner, policy), None),
            Relation::Other(other) => {
                let name = representation(owner, other, policy).ok_or(Step::Relation)?;
                if is_graded || other.protection != Protection::Ungraded {
                    return Err(Step::Protection);
                }
                if !other.is_certain {
                    return Err(Step::Stale);
                }
                (name, None)
            }
            Relation::Staff(staff) => {
                // A service is reached by lawful access to the patient; else an open conversation of it by being the one
                // who is to answer. Both take the role for the grade.
                let of_patient = |m: &domain::access::Membership| m.has_lawful_access.then_some(m.service);
                let alone = |m: &domain::access::Membership| match of_patient(m) {
                    Some(_) => vec![],
                    None => m.answers.clone(),
                };
                let reached = |of: &[&domain::access::Membership]| {
                    let services: Vec<_> = of.iter().copied().filter_map(of_patient).collect();
                    (services, of.iter().copied().flat_map(alone).collect::<Vec<_>>())
                };
                let is_nothing = |(services, alone): &(Vec<_>, Vec<_>)| services.is_empty() && alone.is_empty();
                let all: Vec<_> = staff.memberships.iter().collect();
                if staff.is_close || is_nothing(&reached(&all)) {
                    return Err(Step::Relation);
                }
                let cleared: Vec<_> = all.into_iter().filter(|m| !is_graded || m.is_cleared).collect();
                if is_nothing(&reached(&cleared)) {
                    return Err(Step::Protection);
                }
                let with_number: Vec<_> = cleared.into_iter().filter(|m| !m.lacks_hpr_number).collect();
                let reach = reached(&with_number);
                if is_nothing(&reach) {
                    return Err(Step::Number);
                }
                (if reach.0.is_empty() { "assignee" } else { "staff" }, Some(reach))
            }
            Relation::System | Relation::Operator | Relation::Nobody => return Err(Step::Relation),
        };
        let number = ROWS.iter().position(|row| *row == name).expect("a row of the table");
        let closed = match name {
            // A service's record does not close to its staff, and below the age for it there is no inbox to open.
            "staff" | "assignee" | "young" => None,
            _ if owner.is_locked => Some(Step::Lock),
            "alone" => None,
            _ if owner.consent == ConsentLevel::None => Some(Step::Consent),
            _ => None,
        };
        Ok(Row { number, reach, consent: owner.consent, is_graded, closed })
    }

    /// Whether somebody in a row may do something, or the step at which they are sent away.
    pub(crate) fn verdict(&self, action: Action, row: &Row) -> Result<(), Step> {
        let (is_about_content, cells) = &self.may[action as usize];
        if *is_about_content {
            row.closed.map_or(Ok(()), Err)?;
        }
        match cells[row.number] {
            'x' => Ok(()),
            'r' => Err(Step::Relation),
            'p' if !row.is_graded && row.consent == ConsentLevel::None => Err(Step::Consent),
            'p' if !row.is_graded => Ok(()),
            _ => Err(Step::Row),
        }
    }

    /// Whether an item is visible from a row.
    pub(crate) fn shows(&self, row: &Row, item: ItemFlags) -> bool {
        let holds = |reason: &str| match reason {
            "theInboxIsClosed" => row.closed.is_some(),
            "asksForMoreConsent" => item.minimum_consent.rank() > row.consent.rank(),
            "notWhereProtected" => row.is_graded && !item.available_at_protected_address,
            "neverForParents" => item.parents == ParentVisibility::Never,
            "forParentsUntil12" => item.parents == ParentVisibility::Until12,
            "withheldFromParents" => item.withheld_from_parents,
            "notForHolders" => !item.power_of_attorney,
            "withheldFromHolders" => item.withheld_from_holders,
            "neverForYouth" => item.youth == YouthVisibility::Never,
            "forYouthWithConsent" => item.youth == YouthVisibility::WithConsent,
            "arrangedByYouthAlone" => item.youth == YouthVisibility::Always,
            "parental" => item.is_parental,
            unknown => panic!("no such reason: {unknown}"),
        };
        !self.hides.iter().any(|(reason, cells)| cells[row.number] == 'x' && holds(reason))
    }
}

/// The lines of a table: the first word, and a cell for each row.
fn cells(table: &str) -> Vec<(String, Vec<char>)> {
    let mut lines = table.trim_matches('\n').lines();
    let columns: Vec<&str> = lines.next().expect("a header").split_whitespace().collect();
    assert_eq!(columns, ROWS, "the columns are the rows of the decision table");
    lines
        .map(|line| {
            let mut words = line.split_whitespace();
            let first = words.next().expect("a first word").to_owned();
            let cells: Vec<char> = words.flat_map(str::chars).collect();
            assert_eq!(cells.len(), ROWS.len(), "{first}");
            (first, cells)
        })
        .collect()
}

/// The action that a table names.
fn action(name: &str) -> Action {
    let is_it = |action: &&Action| format!("{action:?}").eq_ignore_ascii_case(name);
    *Action::VARIANTS.iter().find(is_it).expect("the name of an action")
}

/// HN-5: lists, messages, files, marks, writing, appointments and health contacts are content.
fn is_about_content(action: Action) -> bool {
    let name = format!("{action:?}");
    ["Message", "Attachment", "Appointment", "HealthContact", "WithholdFrom"].iter().any(|part| name.contains(part))
}

fn own_row(owner: &OwnerFacts, policy: Policy) -> &'static str {
    let has_access = owner.youth_access && owner.consent == ConsentLevel::Full;
    match owner.age_years {
        age if age >= 16 => "self",
        age if age < policy.youth_from_years => "young",
        _ if has_access => "youth",
        _ => "alone",
    }
}

/// The strongest relation that is in force.
fn representation(owner: &OwnerFacts, other: &Representative, policy: Policy) -> Option<&'static str> {
    let is_parent = other.has_responsibility && owner.lives_with_responsible;
    let is_adult = other.age_years >= 18;
    let candidates = [
        ("assigned<16", other.assigned == PowerFacts::Inbox && is_adult && (12..16).contains(&owner.age_years)),
        ("assigned", other.assigned == PowerFacts::Inbox && is_adult && owner.age_years >= 16),
        ("parent<12", is_parent && owner.age_years < 12),
        ("parent<16", is_parent && (12..16).contains(&owner.age_years)),
        ("holder", other.given == PowerFacts::Inbox && is_adult && owner.age_years >= 16),
        ("guardian", other.is_guardian && policy.admits_guardians && is_adult && owner.age_years >= 16),
    ];
    candidates.into_iter().find(|(_, is_in_force)| *is_in_force && !other.is_dead).map(|(name, _)| name)
}
