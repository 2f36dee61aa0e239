//! A member's queue: what nobody has taken, what is their own, and what concerns their patients.

use serde_json::json;
use tests::{Actor, TestApp, stories};

use crate::dialogue::{HomeCare, home_care_of};
use crate::persons::{ELDAR, MONA, SKUDDAR};

/// The ids of a queue in its order, fetched one at a time.
async fn walk(member: &Actor, care: &HomeCare, query: &str) -> Vec<String> {
    let (mut ids, mut cursor) = (vec![], String::new());
    loop {
        let path = care.service.path(&format!("/conversations?limit=1{query}{cursor}"));
        let page = member.get(&path).await.expect(200);
        ids.extend(page.each("id").iter().map(|id| (*id).to_owned()));
        match page["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return ids,
        }
    }
}

stories! {
    async fn dh_7_a_members_queue_has_each_of_their_own_once_and_nothing_of_others_patients(app: TestApp) {
        let care = home_care_of(&app).await;
        let member = care.system.put(&care.service.path("/members"), &json!({"nationalId": ELDAR})).await.expect(200);
        let (eldar_id, eldar) = (member.text("personId").to_owned(), app.health_worker(ELDAR, app.municipality()).await);
        let _ = care.system.put(&care.service.path("/members"), &json!({"nationalId": MONA})).await.expect(200);
        let mona = app.health_worker(MONA, app.municipality()).await;
        // Her own patient's, given to her; the same patient's, given to another; and one that nobody has taken.
        let (hers, given, open) = (care.written("Første").await, care.written("Andre").await, care.written("Tredje").await);
        for (id, member) in [(&given, json!({"personId": eldar_id})), (&open, json!(null))] {
            let to = json!({"member": member});
            let _ = care.system.put(&care.desk(id, "/assignment"), &to).header("if-match", "*").await.expect(200);
        }
        let all = [&open, &given, &hers].map(String::as_str);

        assert_eq!(walk(&care.nurse, &care, "").await, all);

        let of_eldar = format!("&assignee={eldar_id}");
        assert_eq!(walk(&care.nurse, &care, &of_eldar).await, [given.as_str()], "she follows the patient up");
        assert_eq!(walk(&eldar, &care, "").await, all[..2], "what is given to him and what nobody has");
        assert_eq!(walk(&mona, &care, "").await, [open.as_str()]);
        assert_eq!(walk(&mona, &care, &of_eldar).await, [""; 0], "no way to ask for another's patients");
        assert_eq!(walk(&care.system, &care, "").await, all);
        // By a recorded access it is a patient of hers, too.
        let access = json!({"patient": {"nationalId": SKUDDAR}, "reason": "Vikar for fast kontakt"});
        let _ = mona.post(&care.service.path("/recorded-accesses"), &access).key("a").await.expect(201);
        assert_eq!(walk(&mona, &care, "").await, all);
        assert_eq!(walk(&mona, &care, "&state=open").await, walk(&care.system, &care, "&state=open").await);
    }
}
