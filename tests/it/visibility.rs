//! BX-5: what the overview shows is what can be read one by one, and what is counted.

use std::collections::BTreeSet;

use serde_json::json;
use tests::{Actor, Service, TestApp, stories};

use crate::persons::SKUDDAR;

const LEVELS: [&str; 3] = ["basis", "basisPlus", "full"];

stories! {
    async fn bx_5_the_overview_the_count_and_the_single_reads_agree_in_every_world(app: TestApp) {
        let (operator, patient) = (app.operator().await, app.member_at(SKUDDAR, "full").await);
        let system = app.ehr().await;
        let mut sent = vec![];
        for minimum in LEVELS {
            for protected in [true, false] {
                let service = open(&app, &operator, minimum, protected).await;
                let id = app.message("Svar").from(&system, &service).deliver().await;
                sent.push((id, minimum, protected));
            }
        }

        for is_protected in [false, true] {
            if is_protected {
                app.place().execute("UPDATE person SET protection = 'confidential'");
            }
            for level in LEVELS {
                let _ = patient.put("/v1/me/consent", &json!({"level": level})).await.expect(200);
                let rank = |word: &str| LEVELS.iter().position(|level| *level == word);
                let expected: BTreeSet<&str> = sent
                    .iter()
                    .filter(|(_, minimum, open)| rank(minimum) <= rank(level) && (!is_protected || *open))
                    .map(|(id, ..)| id.as_str())
                    .collect();
                let world = format!("protected {is_protected}, consent {level}");
                compare(&patient, &sent, &expected, &world).await;
            }
        }
    }
}

async fn open(app: &TestApp, operator: &Actor, minimum: &str, protected: bool) -> Service {
    let policy = json!({"minimumConsent": minimum, "availableAtProtectedAddress": protected});
    app.open_service(operator, app.clinic(), &policy).await
}

async fn compare(patient: &Actor, sent: &[(String, &str, bool)], expected: &BTreeSet<&str>, world: &str) {
    for (id, ..) in sent {
        // Unread again, so that the count is of all that can be seen; refused where it cannot.
        let mark = patient.put(&patient.own(&format!("/messages/{id}/read")), &json!({"read": false})).await;
        assert_eq!(mark.status == 204, expected.contains(id.as_str()), "{world}: mark");
    }
    let count = patient.get(&patient.own("")).await.expect(200);
    let overview = patient.get(&patient.own("/messages")).await.expect(200);
    let unread = patient.get(&patient.own("/messages?unread=true")).await.expect(200);
    let mut readable = BTreeSet::new();
    for (id, ..) in sent {
        match patient.get(&patient.own(&format!("/messages/{id}"))).await {
            answer if answer.status == 200 => {
                readable.insert(id.as_str());
            }
            answer => drop(answer.problem("not-found")),
        }
    }
    assert_eq!(&readable, expected, "{world}: single reads");
    assert_eq!(&overview.each("id").into_iter().collect::<BTreeSet<_>>(), expected, "{world}: overview");
    assert_eq!(&unread.each("id").into_iter().collect::<BTreeSet<_>>(), expected, "{world}: unread");
    assert_eq!(count["unread"], expected.len(), "{world}: count");
}
