use strum::VariantArray as _;
use uuid::Uuid;

use super::*;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

fn date(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

#[test]
fn what_needs_no_register_is_judged_by_itself() {
    use PowerFault as Fault;
    let (area, known) = (ServiceArea::DIGITAL_HEALTH_SERVICES, [ServiceArea(1), ServiceArea(3)]);
    let from = |text: &str, to: &str| Period { from: date(text), to: Some(date(to)) };
    let table = [
        ("one day", vec![area], from("2026-11-22", "2026-11-22"), Ok(())),
        ("backwards", vec![area], from("2026-12-02", "2026-12-01"), Err(Fault::EndsBeforeStart)),
        ("over", vec![area], from("2026-11-01", "2026-11-21"), Err(Fault::Over)),
        ("no area", vec![], from("2026-11-22", "2026-11-22"), Err(Fault::AreaUnknown)),
        ("an unknown area", vec![area, ServiceArea(2)], from("2026-11-22", "2026-11-22"), Err(Fault::AreaUnknown)),
    ];
    for (name, areas, period, expected) in table {
        assert_eq!(check_terms(&areas, period, &known, at("2026-11-22T12:00:00Z")), expected, "{name}");
    }
}

#[test]
fn a_holder_learns_of_the_mailbox_only_while_it_can_be_opened() {
    let power = |role, status| PowerOfAttorney {
        id: Uuid::from_u128(1).into(),
        role,
        kind: PowerKind::Given,
        status,
        areas: vec![],
        period: Period { from: date("2026-11-22"), to: None },
        mailbox: Uuid::from_u128(2).into(),
        giver_name: None,
        holder: HolderSeen::Written(None),
        given_at: at("2026-11-22T12:00:00Z"),
        ended: None,
        replaced_by: None,
    };
    for status in PowerStatus::VARIANTS {
        assert!(power(PowerRole::Giver, *status).mailbox_shown().is_some(), "{status:?}");
        let is_shown = power(PowerRole::Holder, *status).mailbox_shown().is_some();
        assert_eq!(is_shown, *status == PowerStatus::Active, "{status:?}");
    }
}

#[test]
fn a_profile_is_kept_for_thirty_days_after_an_assigned_one() {
    assert_eq!(profile_end(at("2026-11-22T12:00:00Z")), at("2026-12-22T12:00:00Z"));
}

#[test]
fn no_operator_alone_puts_one_into_force() {
    use ConfirmationFault as Fault;
    let fresh = Confirmable { registered_by: "ola", is_confirmed: false, is_over: false, is_as_on_form: true };
    let table = [
        ("another", fresh, "kari", Ok(())),
        ("the same", fresh, "ola", Err(Fault::SameOperator)),
        ("confirmed", Confirmable { is_confirmed: true, ..fresh }, "kari", Err(Fault::Confirmed)),
        ("over", Confirmable { is_over: true, ..fresh }, "kari", Err(Fault::Over)),
        ("over and confirmed", Confirmable { is_over: true, is_confirmed: true, ..fresh }, "kari", Err(Fault::Over)),
        ("another form", Confirmable { is_as_on_form: false, ..fresh }, "kari", Err(Fault::Differs)),
        ("the same, of another form", Confirmable { is_as_on_form: false, ..fresh }, "ola", Err(Fault::SameOperator)),
    ];
    for (name, on_record, operator, expected) in table {
        assert_eq!(check_confirmation(on_record, operator), expected, "{name}");
    }
}
