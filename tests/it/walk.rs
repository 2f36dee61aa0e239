//! The main job from end to end, as a clinic and its patient see it.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;
use tests::{TestApp, files, stories};

use crate::persons::SKUDDAR;

stories! {
    async fn hk_1_pp_1_pp_7_bx_6_a_clinic_sends_a_pdf_which_the_patient_reads_and_deletes(app: TestApp) {
        let (ehr, service) = (app.ehr().await, app.dermatology());
        let patient = app.citizen(SKUDDAR).await;
        let pdf = files::pdf_of(200_000).named("Svar på prøve.pdf");

        // The clinic sends, before the patient has consented: the service waits for it.
        let sent = app.message("Svar på prøve").reference("2026/17").file(pdf.clone()).try_send().await.expect(201);
        let id = sent.id();
        assert_eq!(sent.header("location"), Some(service.path(&format!("/messages/{id}")).as_str()));
        assert_eq!(sent["status"], "accepted");
        assert_eq!(sent["channel"], "inbox");
        app.deliver_all().await;
        assert_eq!(ehr.get(&service.path(&format!("/messages/{id}"))).await.expect(200)["status"], "accepted");

        // The patient logs in, is told what is missing, and consents.
        assert_eq!(patient.get("/v1/me").await.expect(200)["missing"], json!(["consent", "termsOfUse", "dialogueAndArchive"]));
        let refused = patient.get(&patient.own("/messages")).await.problem("consent-required");
        assert_eq!(refused.rule(), Some("HN-5"));
        let consent = patient.put("/v1/me/consent", &json!({"level": "basis"})).await.expect(200);
        assert_eq!(consent["level"], "basis");

        // The message is there, first in the overview, unread.
        assert_eq!(patient.get(&patient.own("")).await.expect(200)["unread"], 1);
        let overview = patient.get(&patient.own("/messages")).await.expect(200);
        let first = &overview.items()[0];
        assert_eq!(first["id"], json!(id));
        assert_eq!(first["subject"], "Svar på prøve");
        assert_eq!(first["read"], false);
        assert_eq!(first["attachmentCount"], 1);
        assert_eq!(first["service"]["organisationName"], "Fjellbrisen spesialistklinikk");

        // Reading it opens it.
        let letter = patient.get(&patient.own(&format!("/messages/{id}"))).await.expect(200);
        assert_eq!(letter["body"], "Prøven viste ingen tegn til sykdom.");
        let notice = "/v1/privacy-notices/310000019";
        let controller =
            json!({"organisationNumber": "310000019", "name": "Fjellbrisen spesialistklinikk", "privacyNotice": notice});
        assert_eq!(letter["controller"], controller);
        assert!(letter["openedAt"].is_string());
        assert_eq!(patient.get(&patient.own("")).await.expect(200)["unread"], 0);

        // The file comes back byte for byte, whole and in part, with its digest.
        let file = &letter["attachments"][0];
        let sha256 = digest(&SHA256, &pdf.bytes);
        assert_eq!(file["fileName"], "Svar på prøve.pdf");
        assert_eq!(file["contentType"], "application/pdf");
        assert_eq!(file["sizeBytes"], pdf.bytes.len());
        assert_eq!(file["sha256"], hex::encode(sha256));
        let path = patient.own(&format!("/messages/{id}/attachments/{}", file["id"].as_str().expect("an id")));
        let whole = patient.get(&path).await.expect(200);
        assert!(whole.bytes == pdf.bytes, "other bytes");
        assert_eq!(whole.header("repr-digest"), Some(format!("sha-256=:{}:", BASE64_STANDARD.encode(sha256)).as_str()));
        assert_eq!(whole.header("x-content-type-options"), Some("nosniff"));
        assert!(whole.header("content-disposition").is_some_and(|value| value.starts_with("attachment")));
        // Across the borders of what is encrypted together.
        let part = patient.get(&path).header("range", "bytes=65530-131080").await.expect(206);
        assert!(part.bytes == pdf.bytes[65_530..=131_080], "other bytes");
        assert_eq!(part.header("content-range"), Some(format!("bytes 65530-131080/{}", pdf.bytes.len()).as_str()));
        let beyond = patient.get(&path).header("range", "bytes=900000-").await.problem("range-not-satisfiable");
        assert_eq!(beyond.header("content-range"), Some(format!("bytes */{}", pdf.bytes.len()).as_str()));

        // The access log tells of all of it.
        let log = patient.get(&patient.own("/access-log")).await.expect(200);
        let reading = log.items().iter().find(|entry| entry["action"] == "readMessage").expect("the reading is there");
        assert_eq!(reading["actor"]["kind"], "citizen");
        assert_eq!(reading["object"], json!({"type": "message", "id": id}));
        assert_eq!((&reading["ground"], &reading["outcome"]), (&json!("HN-5"), &json!("granted")));
        let actions = log.each("action");
        for action in ["sendMessage", "giveConsent", "listMessages", "fetchAttachment"] {
            assert!(actions.contains(&action), "{action} in {actions:?}");
        }
        let refusals: Vec<_> = log.items().iter().filter(|entry| entry["outcome"] == "refused").collect();
        assert_eq!((refusals.len(), &refusals[0]["ground"]), (1, &json!("HN-5")));

        // The patient deletes it. It is gone for the patient, and not for the clinic.
        let _ = patient.delete(&patient.own(&format!("/messages/{id}"))).await.expect(204);
        let _ = patient.get(&patient.own(&format!("/messages/{id}"))).await.problem("not-found");
        let _ = patient.get(&path).await.problem("not-found");
        assert!(patient.get(&patient.own("/messages")).await.expect(200).items().is_empty());
        let followed = ehr.get(&service.path(&format!("/messages/{id}"))).await.expect(200);
        assert_eq!(followed["status"], "opened");
        let timeline = followed["timeline"].as_array().expect("a timeline");
        let steps: Vec<_> = timeline.iter().map(|step| step["status"].as_str().expect("a status")).collect();
        assert_eq!(steps, ["accepted", "delivered", "opened"]);
        let times: Vec<_> = timeline.iter().map(|step| step["at"].as_str().expect("a time")).collect();
        assert!(times.is_sorted() && times[0] < times[2], "{times:?}");
        let by_reference = ehr.get(&service.path("/messages?senderReference=2026%2F17")).await.expect(200);
        assert_eq!(by_reference.each("id"), [id.as_str()]);
    }
}
