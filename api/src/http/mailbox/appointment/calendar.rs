//! An appointment as iCalendar (RFC 5545), for the calendar of who goes there. Others look into calendars, so nothing of
//! health stands in it: not the title, not the description.

use actix_web::http::header::{Accept, ContentDisposition, DispositionParam, DispositionType, Header as _};
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, Utc};
use domain::appointment::AppointmentView as Appointment;
use ics::components::Property;
use ics::properties::{DtEnd, DtStart, Location, Sequence, Status, Summary};
use ics::{Event, ICalendar, escape_text};

use crate::mailbox_text::calendar_summary;

/// Who made the file.
const PRODUCT: &str = "-//Brevdue//Brevdue//NO";

/// Whether the caller likes a calendar better than JSON. Who names neither gets JSON.
pub(super) fn is_wanted(request: &HttpRequest) -> bool {
    let Ok(accept) = Accept::parse(request) else { return false };
    let known = accept.ranked().into_iter().find_map(|kind| match kind.essence_str() {
        "text/calendar" => Some(true),
        "application/json" | "application/*" | "*/*" => Some(false),
        _ => None,
    });
    known.unwrap_or(false)
}

pub(super) fn respond(appointment: &Appointment) -> HttpResponse {
    let name = DispositionParam::Filename("appointment.ics".to_owned());
    HttpResponse::Ok()
        .insert_header(ContentDisposition { disposition: DispositionType::Attachment, parameters: vec![name] })
        .content_type("text/calendar; charset=utf-8")
        .body(written(appointment))
}

fn written(appointment: &Appointment) -> String {
    // The same for every version of it, so that a calendar finds what it has.
    let uid = format!("{}@brevdue.dev", appointment.id);
    let mut event = Event::new(uid, time(appointment.changed_at));
    event.push(DtStart::new(time(appointment.facts.starts_at)));
    event.push(DtEnd::new(time(appointment.facts.ends_at)));
    event.push(Sequence::new(appointment.version.to_string()));
    event.push(if appointment.facts.cancellation.is_some() { Status::cancelled() } else { Status::confirmed() });
    event.push(Summary::new(escape_text(calendar_summary(appointment.service.service_name.as_str()))));
    if let Some(place) = &appointment.text.place {
        event.push(Location::new(escape_text(place.expose())));
    }
    event.push(Property::new("CLASS", "PRIVATE"));
    let mut calendar = ICalendar::new("2.0", PRODUCT);
    calendar.add_event(event);
    calendar.to_string()
}

/// A time in UTC as the format writes it.
fn time(at: DateTime<Utc>) -> String {
    at.format("%Y%m%dT%H%M%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::ACCEPT;
    use actix_web::test::TestRequest;
    use domain::appointment::{
        AppointmentDescription, AppointmentFacts, AppointmentKind, AppointmentText, AppointmentTitle, Cancellation,
        CancelledBy, Place,
    };
    use domain::identity::OrganisationNumber;
    use domain::message::Sender;
    use domain::organisation::Name;
    use uuid::Uuid;

    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("a time")
    }

    fn appointment() -> Appointment {
        let name = |text: &str| Name::parse(text).expect("a name");
        Appointment {
            id: Uuid::from_u128(7).into(),
            service: Sender {
                service: Uuid::from_u128(1).into(),
                service_name: name(
                    "Solvika, avdeling 2; sårstell og hjemmetjenester i hele den nordlige delen av kommunen",
                ),
                organisation_number: OrganisationNumber::parse("310000019").expect("a number"),
                organisation_name: name("Solvika"),
            },
            kind: AppointmentKind::Appointment,
            facts: AppointmentFacts {
                starts_at: at("2026-12-03T09:00:00Z"),
                ends_at: at("2026-12-03T09:30:00Z"),
                is_cancellable: true,
                cancellation: None,
            },
            text: AppointmentText {
                title: AppointmentTitle::parse("Hemmelig").expect("a title"),
                place: Some(Place::parse("Storgata 1, 2. etasje").expect("a place")),
                description: Some(AppointmentDescription::parse("Hemmelig").expect("a text")),
            },
            can_cancel: true,
            cancel_by: None,
            version: 3,
            changed_at: at("2026-11-22T11:00:00Z"),
        }
    }

    #[test]
    fn hn_10_a_calendar_has_one_event_with_nothing_of_health() {
        let text = written(&appointment());

        assert!(text.starts_with("BEGIN:VCALENDAR\r\n") && text.ends_with("END:VCALENDAR\r\n"), "{text}");
        assert!(text.lines().all(|line| line.len() <= 77), "{text}");
        let unfolded = text.replace("\r\n ", "");
        for line in [
            "VERSION:2.0",
            "UID:00000000-0000-0000-0000-000000000007@brevdue.dev",
            "DTSTAMP:20261122T110000Z",
            "DTSTART:20261203T090000Z",
            "DTEND:20261203T093000Z",
            "SEQUENCE:3",
            "STATUS:CONFIRMED",
            "SUMMARY:Time hos Solvika\\, avdeling 2\\; sårstell og hjemmetjenester i hele den nordlige delen av kommunen",
            "LOCATION:Storgata 1\\, 2. etasje",
            "CLASS:PRIVATE",
        ] {
            assert!(unfolded.lines().any(|found| found == line), "{line} is not in {unfolded}");
        }
        assert!(!text.contains("Hemmelig"), "{text}");
        assert_eq!(text.matches("BEGIN:VEVENT").count(), 1);
    }

    #[test]
    fn what_is_cancelled_stays_the_same_event_and_a_place_that_is_not_shown_is_left_out() {
        let before = appointment();
        let cancellation = Some(Cancellation { at: at("2026-11-23T11:00:00Z"), by: CancelledBy::Citizen });
        let facts = AppointmentFacts { cancellation, ..before.facts };
        let text = AppointmentText { place: None, ..before.text.clone() };
        let after = written(&Appointment { facts, text, ..before.clone() });

        let uid = |text: &str| text.lines().find(|line| line.starts_with("UID:")).map(str::to_owned);
        assert_eq!(uid(&after), uid(&written(&before)));
        assert!(after.contains("STATUS:CANCELLED\r\n") && !after.contains("LOCATION"), "{after}");
    }

    #[test]
    fn a_calendar_is_for_those_who_like_it_better_than_json() {
        let table = [
            ("text/calendar", true),
            ("text/calendar, application/json;q=0.5", true),
            ("application/json, text/calendar", false),
            ("text/calendar;q=0.1, application/json", false),
            ("text/html, text/calendar;q=0.9, */*;q=0.8", true),
            ("*/*", false),
            ("text/html", false),
        ];
        for (header, expected) in table {
            let request = TestRequest::default().insert_header((ACCEPT, header)).to_http_request();
            assert_eq!(is_wanted(&request), expected, "{header}");
        }
        assert!(!is_wanted(&TestRequest::default().to_http_request()));
    }
}
