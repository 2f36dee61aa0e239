//! What is asked of a power of attorney that is to be given, and how one stands.

use chrono::{DateTime, NaiveDate, Utc};
use domain::consent::ConsentLevel;
use domain::person::{Protection, start_of};
use domain::power_of_attorney::{
    EndedBy, Giver, Period, PowerFault, PowerKind, PowerStatus, Proposal, ServiceArea, check, status,
};
use strum::VariantArray;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

fn period(from: &str, to: Option<&str>) -> Period {
    Period { from: day(from), to: to.map(day) }
}

fn now() -> DateTime<Utc> {
    at("2026-11-22T11:00:00Z")
}

fn giver() -> Giver {
    Giver { is_dead: false, age_years: 40, protection: Protection::Ungraded, consent: ConsentLevel::Basis }
}

fn given() -> Proposal {
    Proposal {
        kind: PowerKind::Given,
        giver: Some(giver()),
        holder_is_giver: false,
        holder_born: Some(day("1980-01-01")),
        areas: vec![ServiceArea::DIGITAL_HEALTH_SERVICES],
        period: period("2026-11-22", None),
    }
}

fn assigned(from: &str, to: Option<&str>) -> Proposal {
    Proposal { kind: PowerKind::Assigned, period: period(from, to), ..given() }
}

fn with_giver(proposal: Proposal, change: impl FnOnce(&mut Giver)) -> Proposal {
    let mut giver = giver();
    change(&mut giver);
    Proposal { giver: Some(giver), ..proposal }
}

fn with_holder_born(proposal: Proposal, born: &str) -> Proposal {
    Proposal { holder_born: Some(day(born)), ..proposal }
}

fn areas(codes: &[i16]) -> Vec<ServiceArea> {
    codes.iter().copied().map(ServiceArea).collect()
}

fn checked(proposal: &Proposal, others: &[Period]) -> Result<(), PowerFault> {
    check(proposal, &areas(&[1, 3]), others, now())
}

#[test]
fn each_thing_against_a_power_and_just_short_of_it() {
    use PowerFault as Fault;
    let five_years = || assigned("2026-11-22", Some("2031-11-21"));
    let graded = |giver: &mut Giver| giver.protection = Protection::StrictlyConfidentialAbroad;
    let table = [
        ("given, open-ended", given(), Ok(())),
        ("assigned, five years", five_years(), Ok(())),
        ("no giver", Proposal { giver: None, ..given() }, Err(Fault::GiverUnavailable)),
        ("giver dead", with_giver(given(), |of| of.is_dead = true), Err(Fault::GiverUnavailable)),
        ("giver protected", with_giver(given(), graded), Err(Fault::GiverUnavailable)),
        ("giver 15", with_giver(given(), |of| of.age_years = 15), Err(Fault::GiverTooYoung)),
        ("giver 16", with_giver(given(), |of| of.age_years = 16), Ok(())),
        ("assigned, owner 11", with_giver(five_years(), |of| of.age_years = 11), Err(Fault::GiverTooYoung)),
        ("assigned, owner 12", with_giver(five_years(), |of| of.age_years = 12), Ok(())),
        ("no consent", with_giver(given(), |of| of.consent = ConsentLevel::None), Err(Fault::GiverWithoutConsent)),
        ("assigned without consent", with_giver(five_years(), |of| of.consent = ConsentLevel::None), Ok(())),
        ("the holder's number tells no age", Proposal { holder_born: None, ..given() }, Ok(())),
        ("holder is giver", Proposal { holder_is_giver: true, ..given() }, Err(Fault::HolderIsGiver)),
        ("holder 17", with_holder_born(given(), "2008-11-23"), Err(Fault::HolderTooYoung)),
        ("holder 18", with_holder_born(given(), "2008-11-22"), Ok(())),
        ("assigned, holder 17", with_holder_born(five_years(), "2008-11-23"), Err(Fault::HolderTooYoung)),
        ("no area", Proposal { areas: areas(&[]), ..given() }, Err(Fault::AreaUnknown)),
        ("an unknown area", Proposal { areas: areas(&[3, 2]), ..given() }, Err(Fault::AreaUnknown)),
        ("known areas", Proposal { areas: areas(&[1, 3]), ..given() }, Ok(())),
        (
            "ends before it begins",
            Proposal { period: period("2026-11-24", Some("2026-11-23")), ..given() },
            Err(Fault::EndsBeforeStart),
        ),
        ("one day", Proposal { period: period("2026-11-23", Some("2026-11-23")), ..given() }, Ok(())),
        ("over", Proposal { period: period("2026-01-01", Some("2026-11-21")), ..given() }, Err(Fault::Over)),
        ("today is its last day", Proposal { period: period("2026-01-01", Some("2026-11-22")), ..given() }, Ok(())),
        ("assigned, a day too long", assigned("2026-11-22", Some("2031-11-22")), Err(Fault::TooLong)),
        ("assigned, open-ended", assigned("2026-11-22", None), Err(Fault::TooLong)),
        // Five years after 29 February are over on 28 February: never a day more than five years.
        ("assigned on 29 February", assigned("2028-02-29", Some("2033-02-27")), Ok(())),
        ("assigned on 29 February, a day too long", assigned("2028-02-29", Some("2033-02-28")), Err(Fault::TooLong)),
    ];
    let mut found = vec![PowerFault::Overlaps];
    for (name, proposal, expected) in table {
        assert_eq!(checked(&proposal, &[]), expected, "{name}");
        found.extend(expected.err());
    }
    assert!(PowerFault::VARIANTS.iter().all(|fault| found.contains(fault)), "every fault has a line");
}

#[test]
fn the_first_thing_against_it_is_told() {
    let young_and = |change: fn(&mut Giver)| {
        with_giver(given(), |giver| {
            giver.age_years = 15;
            change(giver);
        })
    };
    // A child with a protected address, or that has died, is answered as every child is.
    for change in
        [(|giver| giver.is_dead = true) as fn(&mut Giver), |giver| giver.protection = Protection::Confidential]
    {
        assert_eq!(checked(&young_and(change), &[]), Err(PowerFault::GiverTooYoung));
    }
    let dead = with_holder_born(with_giver(given(), |giver| giver.is_dead = true), "2020-01-01");
    assert_eq!(checked(&dead, &[]), Err(PowerFault::GiverUnavailable));
    let without_consent =
        with_holder_born(with_giver(given(), |giver| giver.consent = ConsentLevel::None), "2020-01-01");
    assert_eq!(checked(&without_consent, &[]), Err(PowerFault::HolderTooYoung));
}

#[test]
fn two_of_a_kind_have_no_day_in_common() {
    let proposal = |from, to| Proposal { period: period(from, to), ..given() };
    let other = [period("2020-01-01", Some("2020-12-31")), period("2027-03-01", Some("2027-03-31"))];
    for (name, from, to, expected) in [
        ("before", "2027-01-01", Some("2027-02-28"), Ok(())),
        ("its first day", "2027-01-01", Some("2027-03-01"), Err(PowerFault::Overlaps)),
        ("inside", "2027-03-10", Some("2027-03-11"), Err(PowerFault::Overlaps)),
        ("its last day", "2027-03-31", None, Err(PowerFault::Overlaps)),
        ("after", "2027-04-01", None, Ok(())),
        ("open-ended from before", "2027-01-01", None, Err(PowerFault::Overlaps)),
    ] {
        assert_eq!(checked(&proposal(from, to), &other), expected, "{name}");
    }
}

#[test]
fn periods_overlap_when_there_is_a_day_in_both() {
    let days: Vec<NaiveDate> = day("2026-11-20").iter_days().take(6).collect();
    let mut periods = Vec::new();
    for (index, from) in days.iter().enumerate() {
        periods.push(Period { from: *from, to: None });
        periods.extend(days[index..].iter().map(|to| Period { from: *from, to: Some(*to) }));
    }
    for one in &periods {
        for other in &periods {
            let shared = days.iter().any(|day| one.holds(start_of(*day)) && other.holds(start_of(*day)));
            assert_eq!(one.overlaps(*other), shared, "{one:?} {other:?}");
        }
    }
}

#[test]
fn a_period_holds_from_midnight_to_midnight_in_oslo() {
    let summer = period("2026-03-29", Some("2026-10-25"));
    for (now, expected) in [
        ("2026-03-28T22:59:59Z", false),
        ("2026-03-28T23:00:00Z", true),
        ("2026-10-25T22:59:59Z", true),
        ("2026-10-25T23:00:00Z", false),
    ] {
        assert_eq!(summer.holds(at(now)), expected, "{now}");
    }
    assert_eq!(summer.end(), Some(at("2026-10-25T23:00:00Z")));
    assert_eq!(period("2026-03-29", None).end(), None);
    assert!(period("2026-03-29", None).holds(at("2999-01-01T00:00:00Z")));
}

#[test]
fn how_one_stands() {
    let at_last = period("2026-01-01", Some("2026-11-22"));
    let coming = period("2026-11-23", None);
    let over = period("2026-01-01", Some("2026-11-21"));
    for (name, period, ended, is_suspended, expected) in [
        ("on its last day", at_last, None, false, PowerStatus::Active),
        ("on its first day", period("2026-11-22", None), None, false, PowerStatus::Active),
        ("before it", coming, None, false, PowerStatus::Pending),
        ("before it, one of them protected", coming, None, true, PowerStatus::Pending),
        ("after it", over, None, false, PowerStatus::Expired),
        ("after it, one of them protected", over, None, true, PowerStatus::Expired),
        ("one of them protected", at_last, None, true, PowerStatus::Suspended),
        ("ended by the giver", at_last, Some(EndedBy::Giver), false, PowerStatus::Ended),
        ("ended by the holder", at_last, Some(EndedBy::Holder), true, PowerStatus::Ended),
        ("ended by an operator", over, Some(EndedBy::Operator), false, PowerStatus::Ended),
        ("replaced", at_last, Some(EndedBy::Replacement), true, PowerStatus::Replaced),
    ] {
        let unconfirmed = if expected == PowerStatus::Active || expected == PowerStatus::Suspended {
            PowerStatus::Pending
        } else {
            expected
        };
        assert_eq!(status(period, ended, false, is_suspended, now()), unconfirmed, "{name}, unconfirmed");
        assert_eq!(status(period, ended, true, is_suspended, now()), expected, "{name}");
    }
}

#[test]
fn each_fault_names_its_rule() {
    use PowerFault as Fault;
    let rules = [
        (Fault::GiverUnavailable, "FUL-2"),
        (Fault::GiverTooYoung, "FUL-2"),
        (Fault::GiverWithoutConsent, "FUL-15"),
        (Fault::HolderIsGiver, "FUL-2"),
        (Fault::HolderTooYoung, "FUL-2"),
        (Fault::AreaUnknown, "FUL-3"),
        (Fault::EndsBeforeStart, "FUL-7"),
        (Fault::Over, "FUL-7"),
        (Fault::TooLong, "FUL-14"),
        (Fault::Overlaps, "FUL-7"),
    ];
    assert!(rules.iter().map(|(fault, _)| fault).eq(PowerFault::VARIANTS));
    for (fault, rule) in rules {
        assert_eq!(fault.rule().id(), rule, "{fault:?}");
    }
}
