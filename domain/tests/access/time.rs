//! What time alone does: birthdays, periods that begin and end, grades and recorded accesses that run out.

use chrono::{DateTime, Duration, NaiveDate, Utc};
use domain::access::{
    Action, Assurance, Change, Explanation, Facts, LawfulWay, MailboxAct, MembershipRecord, OwnerRecord, Policy,
    PowerFacts, PowerRecord, Record, Refusal, Relation, RelationRecord, RepresentativeRecord, VisibleScope, decide,
    explain,
};
use domain::consent::ConsentLevel;
use domain::person::{Protected, Protection, day_of, start_of};
use domain::power_of_attorney::{Period, PowerKind};
use domain::rule::Rule;
use strum::VariantArray;

use crate::space;

const POLICY: Policy =
    Policy { youth_from_years: 13, admits_guardians: false, registered_power_wait: chrono::TimeDelta::zero() };

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

/// Noon on a Sunday in winter.
fn now() -> DateTime<Utc> {
    at("2026-11-22T11:00:00Z")
}

fn owner(born: &str) -> OwnerRecord {
    OwnerRecord {
        mailbox: space::mailbox(),
        person: space::owner_person(),
        birth_date: day(born),
        death_date: None,
        protection: Protected::NOT,
        consent: ConsentLevel::Full,
        is_locked: false,
        youth_access: false,
        lives_with_responsible: true,
    }
}

fn adult() -> RepresentativeRecord {
    RepresentativeRecord {
        person: space::other_person(),
        birth_date: day("1980-05-17"),
        death_date: None,
        protection: Protected::NOT,
        has_responsibility: false,
        is_guardian: false,
        powers: Vec::new(),
        is_certain: true,
    }
}

fn parent() -> RepresentativeRecord {
    RepresentativeRecord { has_responsibility: true, ..adult() }
}

fn power(kind: PowerKind, from: &str, to: Option<&str>) -> PowerRecord {
    PowerRecord {
        kind,
        covers_inbox: true,
        period: Period { from: day(from), to: to.map(day) },
        is_ended: false,
        effective_at: None,
    }
}

fn holder(powers: &[PowerRecord]) -> RepresentativeRecord {
    RepresentativeRecord { powers: powers.to_vec(), ..adult() }
}

fn record(owner: OwnerRecord, relation: RelationRecord) -> Record {
    Record { assurance: Some(Assurance::High), owner: Some(owner), relation }
}

fn represented(owner: OwnerRecord, by: RepresentativeRecord) -> Record {
    record(owner, RelationRecord::Other(by))
}

fn own(owner: OwnerRecord) -> Record {
    record(owner, RelationRecord::Own(space::owner_person()))
}

fn health_worker(owner: OwnerRecord, membership: MembershipRecord) -> Record {
    let relation =
        RelationRecord::Staff { person: Some(space::other_person()), is_close: false, memberships: vec![membership] };
    record(owner, relation)
}

fn membership(access_until: Option<&str>) -> MembershipRecord {
    MembershipRecord {
        service: space::service(1),
        follows_up: false,
        is_responsible: false,
        access_until: access_until.map(at),
        answers: vec![],
        cleared: Vec::new(),
        lacks_hpr_number: false,
    }
}

fn may(record: &Record, action: Action, now: &str) -> Result<(), Refusal> {
    decide(action, &record.at(at(now)), POLICY).map(|_| ())
}

fn owner_at(record: &Record, now: &str) -> domain::access::OwnerFacts {
    record.at(at(now)).owner.expect("an owner")
}

#[test]
fn the_rights_of_parents_shrink_and_end_at_midnight_in_oslo_on_the_birthday() {
    let shrinks = Err(Refusal::ChildIsTwelve);
    let ends = Err(Refusal::ChildIsSixteen);
    let table = [
        ("12, in winter", "2014-11-23", "2026-11-22T22:59:59.999999Z", Ok(()), "2026-11-22T23:00:00Z", shrinks),
        ("12, in summer", "2014-07-01", "2026-06-30T21:59:59.999999Z", Ok(()), "2026-06-30T22:00:00Z", shrinks),
        (
            "12, the day the clocks go forward",
            "2014-03-29",
            "2026-03-28T22:59:59Z",
            Ok(()),
            "2026-03-28T23:00:00Z",
            shrinks,
        ),
        ("12, the day after", "2014-03-30", "2026-03-29T21:59:59Z", Ok(()), "2026-03-29T22:00:00Z", shrinks),
        ("16, the day the clocks go back", "2010-10-25", "2026-10-24T21:59:59Z", shrinks, "2026-10-24T22:00:00Z", ends),
        ("16, the day after", "2010-10-26", "2026-10-25T22:59:59Z", shrinks, "2026-10-25T23:00:00Z", ends),
        (
            "12, born on 29 February, in a leap year",
            "2016-02-29",
            "2028-02-28T22:59:59Z",
            Ok(()),
            "2028-02-28T23:00:00Z",
            shrinks,
        ),
        (
            "12, born on 29 February, in 2100",
            "2088-02-29",
            "2100-02-28T22:59:59Z",
            Ok(()),
            "2100-02-28T23:00:00Z",
            shrinks,
        ),
        ("16, born on 29 February", "2088-02-29", "2104-02-28T22:59:59Z", shrinks, "2104-02-28T23:00:00Z", ends),
    ];
    for (name, born, before, was, after, is) in table {
        let record = represented(owner(born), parent());
        assert_eq!(may(&record, Action::WriteMessage, before), was, "{name}, before");
        assert_eq!(may(&record, Action::WriteMessage, after), is, "{name}, after");
    }
}

#[test]
fn whoever_was_born_on_29_february_comes_of_each_age_on_1_march_in_common_years() {
    let child = own(OwnerRecord { youth_access: true, ..owner("2016-02-29") });
    assert_eq!(may(&child, Action::ReadMessage, "2029-02-28T22:59:59Z"), Err(Refusal::OwnerTooYoung));
    assert_eq!(may(&child, Action::ReadMessage, "2029-02-28T23:00:00Z"), Ok(()));

    let powers = [power(PowerKind::Given, "2026-01-01", None)];
    let young_holder = RepresentativeRecord { birth_date: day("2012-02-29"), ..holder(&powers) };
    let record = represented(owner("1990-01-01"), young_holder);
    assert_eq!(may(&record, Action::ReadMessage, "2030-02-28T22:59:59Z"), Err(Refusal::AgeOutsidePower));
    assert_eq!(may(&record, Action::ReadMessage, "2030-02-28T23:00:00Z"), Ok(()));
}

#[test]
fn a_grade_stands_in_the_way_to_the_end_of_its_last_day() {
    let grade = Protected { grade: Protection::Confidential, until: Some(day("2026-11-22")) };
    let powers = [power(PowerKind::Given, "2026-01-01", None)];
    let of_owner = represented(OwnerRecord { protection: grade, ..owner("1990-01-01") }, holder(&powers));
    let of_holder = represented(owner("1990-01-01"), RepresentativeRecord { protection: grade, ..holder(&powers) });
    let uncleared = health_worker(
        OwnerRecord { protection: grade, ..owner("1990-01-01") },
        MembershipRecord { follows_up: true, cleared: vec![Protection::StrictlyConfidential], ..membership(None) },
    );
    for (name, record, refusal) in [
        ("of the owner", of_owner, Refusal::ProtectedAddress),
        ("of the holder", of_holder, Refusal::ProtectedAddress),
        ("staff with the role for another grade", uncleared, Refusal::GradeNotCleared),
    ] {
        assert_eq!(may(&record, Action::ReadMessage, "2026-11-22T22:59:59.999999Z"), Err(refusal), "{name}");
        assert_eq!(may(&record, Action::ReadMessage, "2026-11-22T23:00:00Z"), Ok(()), "{name}");
    }

    let cleared = health_worker(
        OwnerRecord { protection: grade, ..owner("1990-01-01") },
        MembershipRecord { follows_up: true, cleared: vec![Protection::Confidential], ..membership(None) },
    );
    assert_eq!(may(&cleared, Action::ReadMessage, "2026-11-22T22:59:59Z"), Ok(()));
}

#[test]
fn a_power_holds_from_the_midnight_of_its_first_day_to_that_after_its_last() {
    let record = represented(owner("1990-01-01"), holder(&[power(PowerKind::Given, "2026-03-29", Some("2026-10-25"))]));
    for (now, expected) in [
        ("2026-03-28T22:59:59.999999Z", Err(Refusal::PowerNotInForce)),
        ("2026-03-28T23:00:00Z", Ok(())),
        ("2026-10-25T22:59:59.999999Z", Ok(())),
        ("2026-10-25T23:00:00Z", Err(Refusal::PowerNotInForce)),
    ] {
        assert_eq!(may(&record, Action::ReadMessage, now), expected, "{now}");
    }
}

#[test]
fn of_several_powers_the_strongest_that_is_in_force_counts() {
    let given = |to| power(PowerKind::Given, "2026-01-01", Some(to));
    let other_areas = PowerRecord { covers_inbox: false, ..power(PowerKind::Given, "2026-01-01", None) };
    let ended = PowerRecord { is_ended: true, ..power(PowerKind::Given, "2026-01-01", None) };
    let assigned = power(PowerKind::Assigned, "2026-01-01", Some("2026-12-31"));
    let table = [
        ("none", vec![], PowerFacts::None, PowerFacts::None),
        ("in force", vec![given("2026-11-22")], PowerFacts::Inbox, PowerFacts::None),
        ("over", vec![given("2026-11-21")], PowerFacts::NotInForce, PowerFacts::None),
        ("ended", vec![ended], PowerFacts::NotInForce, PowerFacts::None),
        ("other areas", vec![other_areas], PowerFacts::OtherAreas, PowerFacts::None),
        ("over, and other areas", vec![given("2026-11-21"), other_areas], PowerFacts::OtherAreas, PowerFacts::None),
        ("other areas, and in force", vec![other_areas, given("2026-11-22")], PowerFacts::Inbox, PowerFacts::None),
        ("in force, and other areas", vec![given("2026-11-22"), other_areas], PowerFacts::Inbox, PowerFacts::None),
        ("ended, and in force", vec![ended, given("2026-11-22")], PowerFacts::Inbox, PowerFacts::None),
        ("assigned", vec![assigned], PowerFacts::None, PowerFacts::Inbox),
        ("assigned, and ended", vec![assigned, ended], PowerFacts::NotInForce, PowerFacts::Inbox),
    ];
    for (name, powers, expected_given, expected_assigned) in table {
        let Relation::Other(other) = represented(owner("1990-01-01"), holder(&powers)).at(now()).relation else {
            panic!("a citizen stays one: {name}")
        };
        assert_eq!((other.given, other.assigned), (expected_given, expected_assigned), "{name}");
    }
}

#[test]
fn a_recorded_access_of_staff_runs_out_at_its_instant() {
    let record = health_worker(owner("1990-01-01"), membership(Some("2026-11-22T15:30:00Z")));
    assert_eq!(may(&record, Action::ReadMessage, "2026-11-22T15:29:59.999999Z"), Ok(()));
    assert_eq!(may(&record, Action::ReadMessage, "2026-11-22T15:30:00Z"), Err(Refusal::NotFollowedUp));

    let never = health_worker(owner("1990-01-01"), membership(None));
    assert_eq!(may(&never, Action::ReadMessage, "2026-11-22T15:30:00Z"), Err(Refusal::NotFollowedUp));
    let follows_up = MembershipRecord { follows_up: true, ..membership(Some("2026-11-22T15:30:00Z")) };
    let record = health_worker(owner("1990-01-01"), follows_up);
    assert_eq!(may(&record, Action::ReadMessage, "2026-11-22T15:30:00Z"), Ok(()));
}

#[test]
fn each_way_of_staff_reaches_the_patient_but_for_an_assignment_which_reaches_its_conversation() {
    let until = "2026-11-22T15:30:00Z";
    let answers = vec![space::conversation(1)];
    let cases = [
        (membership(None), vec![], None),
        (MembershipRecord { follows_up: true, ..membership(None) }, vec![LawfulWay::FollowUp], Some(true)),
        (MembershipRecord { is_responsible: true, ..membership(None) }, vec![LawfulWay::Responsibility], Some(true)),
        (membership(Some(until)), vec![LawfulWay::RecordedAccess], Some(true)),
        (MembershipRecord { answers: answers.clone(), ..membership(None) }, vec![LawfulWay::Assignment], Some(false)),
        (
            MembershipRecord { follows_up: true, is_responsible: true, answers, ..membership(Some(until)) },
            LawfulWay::VARIANTS.to_vec(),
            Some(true),
        ),
    ];
    for (membership, ways, reaches_patient) in cases {
        let now = at("2026-11-22T15:29:59Z");
        assert_eq!(membership.ways(now), ways);
        assert!(!membership.ways(at(until)).contains(&LawfulWay::RecordedAccess));
        let grant = decide(Action::ReadMessage, &health_worker(owner("1990-01-01"), membership).at(now), POLICY);
        let reached = grant.map(|grant| match grant.visibility().scope() {
            VisibleScope::Record(reach) => (reach.services().len(), reach.conversations().len()),
            VisibleScope::Inbox => panic!("staff never look into an inbox"),
        });
        assert_eq!(
            reached.ok(),
            reaches_patient.map(|of_patient| if of_patient { (1, 0) } else { (0, 1) }),
            "{ways:?}"
        );
    }
}

#[test]
fn facts_are_the_record_at_a_time() {
    let dead = OwnerRecord { death_date: Some(day("2026-11-01")), is_locked: true, ..owner("2010-12-31") };
    let facts = owner_at(&own(dead), "2026-12-30T22:59:59Z");
    assert!(facts.is_dead && facts.is_locked && facts.lives_with_responsible && !facts.youth_access);
    assert_eq!((facts.age_years, facts.consent), (15, ConsentLevel::Full));
    assert_eq!((facts.mailbox, facts.person), (space::mailbox(), space::owner_person()));
    assert!(!owner_at(&own(owner("2010-12-31")), "2026-12-30T22:59:59Z").is_dead);

    let by =
        RepresentativeRecord { death_date: Some(day("2026-11-01")), is_guardian: true, is_certain: false, ..parent() };
    let Relation::Other(other) = represented(owner("2010-12-31"), by).at(now()).relation else { panic!("a citizen") };
    assert!(other.is_dead && other.is_guardian && other.has_responsibility && !other.is_certain);
    assert_eq!((other.person, other.age_years), (space::other_person(), 46));

    for (relation, expected) in [
        (RelationRecord::System, Relation::System),
        (RelationRecord::Operator, Relation::Operator),
        (RelationRecord::Nobody, Relation::Nobody),
        (RelationRecord::Own(space::owner_person()), Relation::Own(space::owner_person())),
    ] {
        let nobody = Record { assurance: None, owner: None, relation };
        assert_eq!(nobody.at(now()), Facts { assurance: None, owner: None, relation: expected });
    }
}

fn explained(record: &Record) -> Explanation {
    explain(record, MailboxAct::ALL, now(), POLICY)
}

/// What changes for one act: when, whether it is allowed then, and by which rule.
fn changes(explanation: &Explanation, act: MailboxAct) -> Vec<(DateTime<Utc>, bool, Rule)> {
    let of = explanation.upcoming.iter().filter(|change| change.act == act);
    of.map(|Change { at, act: _, is_allowed, rule }| (*at, *is_allowed, *rule)).collect()
}

#[test]
fn parents_are_told_what_happens_when_the_child_is_12_and_16_and_why() {
    let record = represented(owner("2016-02-29"), parent());
    let explanation = explained(&record);
    let (twelve, sixteen) = (at("2028-02-28T23:00:00Z"), at("2032-02-28T23:00:00Z"));
    let end = (sixteen, false, Rule::Chi4);
    for (act, is_allowed, rule, expected) in [
        (MailboxAct::READ_MESSAGE, true, Rule::Chi1, vec![(twelve, true, Rule::Chi3), end]),
        (MailboxAct::WRITE_MESSAGE, true, Rule::Chi1, vec![(twelve, false, Rule::Chi5), end]),
        (MailboxAct::CANCEL_APPOINTMENT, true, Rule::Chi1, vec![(twelve, false, Rule::Chi5), end]),
        (MailboxAct::READ_ACCESS_LOG, true, Rule::Ret10, vec![(twelve, false, Rule::Ful9), end]),
        (MailboxAct::GIVE_CONSENT, true, Rule::Chi12, vec![end]),
        (MailboxAct::EXPLAIN_ACCESS, true, Rule::Bx2, vec![end]),
        (MailboxAct::GIVE_YOUTH_ACCESS, false, Rule::Chi8, vec![(twelve, true, Rule::Chi8), end]),
        (MailboxAct::DELETE_MESSAGE, false, Rule::Ful9, vec![end]),
    ] {
        let right = explanation.rights.iter().find(|right| right.act == act).expect("each action is explained");
        assert_eq!((right.is_allowed, right.rule), (is_allowed, rule), "{act:?}");
        assert_eq!(right.until, expected.first().map(|(at, ..)| *at), "{act:?}");
        assert_eq!(changes(&explanation, act), expected, "{act:?}");
    }
    assert!(explanation.upcoming.is_sorted_by_key(|change| change.at));
    assert!(explanation.rights.iter().map(|right| right.act).eq(MailboxAct::ALL.iter().copied()));
}

#[test]
fn a_holder_is_told_when_the_period_ends_and_the_owner_that_nothing_ends() {
    let powers = [power(PowerKind::Given, "2026-01-01", Some("2027-06-30"))];
    let explanation = explained(&represented(owner("1990-01-01"), holder(&powers)));
    let end = at("2027-06-30T22:00:00Z");
    assert_eq!(changes(&explanation, MailboxAct::READ_MESSAGE), [(end, false, Rule::Ful7)]);
    assert!(explanation.rights.iter().all(|right| right.until == Some(end)));

    let open_ended = [power(PowerKind::Given, "2026-01-01", None)];
    assert_eq!(explained(&represented(owner("1990-01-01"), holder(&open_ended))).upcoming, []);
    let ended = [PowerRecord { is_ended: true, ..powers[0] }];
    assert_eq!(explained(&represented(owner("1990-01-01"), holder(&ended))).upcoming, []);

    let explanation = explained(&own(owner("1990-01-01")));
    assert_eq!(explanation.upcoming, []);
    assert!(explanation.rights.iter().all(|right| right.until.is_none()));
}

/// Records in which time does something, each in its own way.
fn records_that_change() -> Vec<(&'static str, Record)> {
    let given = |from, to| power(PowerKind::Given, from, to);
    let assigned = |from, to| power(PowerKind::Assigned, from, to);
    let graded = |until| Protected { grade: Protection::Confidential, until: Some(day(until)) };
    let young = RepresentativeRecord { birth_date: day("2012-02-29"), ..holder(&[given("2026-01-01", None)]) };
    let parent_with_powers = RepresentativeRecord {
        powers: vec![given("2026-01-01", Some("2033-03-27")), assigned("2029-10-28", Some("2034-10-27"))],
        ..parent()
    };
    vec![
        ("a child of 10, itself", own(owner("2016-02-29"))),
        ("a child of 10 with access, itself", own(OwnerRecord { youth_access: true, ..owner("2016-10-30") })),
        ("a parent", represented(owner("2016-02-29"), parent())),
        ("a parent with powers", represented(owner("2016-02-29"), parent_with_powers)),
        ("a holder of 14", represented(owner("1990-01-01"), young)),
        (
            "a holder twice, with a gap",
            represented(
                owner("1990-01-01"),
                holder(&[given("2026-01-01", Some("2027-03-27")), given("2027-03-29", Some("2028-02-29"))]),
            ),
        ),
        (
            "a protected owner and a holder",
            represented(
                OwnerRecord { protection: graded("2027-10-31"), ..owner("1990-01-01") },
                holder(&[given("2026-01-01", None)]),
            ),
        ),
        (
            "a protected holder",
            represented(
                owner("1990-01-01"),
                RepresentativeRecord { protection: graded("2027-03-28"), ..holder(&[given("2026-01-01", None)]) },
            ),
        ),
        ("a protected owner", own(OwnerRecord { protection: graded("2027-10-31"), ..owner("1990-01-01") })),
        ("staff with recorded access", health_worker(owner("1990-01-01"), membership(Some("2026-11-23T08:15:00Z")))),
        (
            "staff without the role",
            health_worker(
                OwnerRecord { protection: graded("2027-10-31"), ..owner("1990-01-01") },
                MembershipRecord { follows_up: true, ..membership(None) },
            ),
        ),
    ]
}

#[test]
fn what_is_foretold_comes_true_and_nothing_else() {
    let mut instants = vec![at("2026-11-23T08:14:59.999999Z"), at("2026-11-23T08:15:00Z")];
    let years = day("2026-11-23").iter_days().take(20 * 366).map(start_of);
    instants.extend(years.flat_map(|midnight| [midnight - Duration::microseconds(1), midnight]));
    instants.sort_unstable();
    for (name, record) in records_that_change() {
        let explanation = explained(&record);
        assert!(!explanation.upcoming.is_empty(), "{name}");
        for instant in &instants {
            let facts = record.at(*instant);
            for right in &explanation.rights {
                let last = changes(&explanation, right.act).into_iter().rfind(|(at, ..)| at <= instant);
                let foretold = last.map_or((right.is_allowed, right.rule), |(_, is_allowed, rule)| (is_allowed, rule));
                let true_then = match decide(right.act.takes(), &facts, POLICY) {
                    Ok(grant) => (true, grant.rule()),
                    Err(refusal) => (false, refusal.rule()),
                };
                assert_eq!(true_then, foretold, "{name}: {:?} at {instant}", right.act);
            }
        }
    }
}

#[test]
fn what_lies_behind_is_not_foretold() {
    let record = represented(owner("2012-05-05"), parent());
    let explanation = explained(&record);
    assert!(explanation.upcoming.iter().all(|change| day_of(change.at) == day("2028-05-05")));

    // At the very instant of a change it has come, and is no longer ahead.
    let at_sixteen = explain(&record, &[MailboxAct::READ_MESSAGE], start_of(day("2028-05-05")), POLICY);
    assert_eq!(at_sixteen.upcoming, []);
    assert!(!at_sixteen.rights[0].is_allowed);
}
