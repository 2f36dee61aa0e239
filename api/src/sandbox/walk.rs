//! The main job as commands to copy.

use std::net::SocketAddr;

use super::Sandbox;

/// Commands for a shell with curl, with the ids of this store filled in.
pub(super) fn text(sandbox: &Sandbox, address: SocketAddr) -> String {
    let (Some(clinic), Some(person), Some(mailbox)) =
        (sandbox.organisations.first(), sandbox.persons.first(), sandbox.recipient)
    else {
        return String::new();
    };
    let Some(service) = clinic.services.first() else { return String::new() };
    let number = &clinic.number;
    let service_id = service.id;
    let national_id = person.national_id.expose();
    format!(
        r#"
This is the sandbox: nobody in it exists. Read on at http://{address}/docs

# A walk through the main job. Copy it into a shell that has curl.
B=http://{address}
field() {{ grep -o "\"$1\":\"[^\"]*" | head -1 | cut -d'"' -f4; }}
first() {{ grep -o "\"$1\":\[{{\"id\":\"[^\"]*" | head -1 | cut -d'"' -f6; }}
printf '%%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%%%EOF\n' > svar.pdf

# The clinic's EHR system gets a token and sends a message with a PDF.
EHR=$(curl -s $B/sandbox/tokens -H 'Content-Type: application/json' -d '{{"kind":"system","organisationNumber":"{number}","scopes":["brevdue:messages.write","brevdue:messages.read"]}}' | field accessToken)
SENT=$(curl -s $B/v1/services/{service_id}/messages -H "Authorization: Bearer $EHR" -H "Idempotency-Key: walk-$(date +%s)" -F 'message={{"recipient":{{"nationalId":"{national_id}"}},"kind":"letter","subject":"Svar på prøve","body":"Prøven viste ingen tegn til sykdom."}};type=application/json' -F 'file=@svar.pdf;type=application/pdf'); echo "$SENT"
MESSAGE=$(echo "$SENT" | field id)

# The patient logs in at level high, consents, and sees the message as unread.
PATIENT=$(curl -s $B/sandbox/tokens -H 'Content-Type: application/json' -d '{{"kind":"citizen","nationalId":"{national_id}"}}' | field accessToken)
curl -s -X PUT $B/v1/me/consent -H "Authorization: Bearer $PATIENT" -H 'Content-Type: application/json' -d '{{"level":"basis"}}'; echo
curl -s $B/v1/mailboxes/{mailbox}/messages -H "Authorization: Bearer $PATIENT"; echo

# The patient reads it, fetches the PDF, and finds both in the access log.
READ=$(curl -s $B/v1/mailboxes/{mailbox}/messages/$MESSAGE -H "Authorization: Bearer $PATIENT"); echo "$READ"
FILE=$(echo "$READ" | first attachments)
curl -s $B/v1/mailboxes/{mailbox}/messages/$MESSAGE/attachments/$FILE -H "Authorization: Bearer $PATIENT" -o hentet.pdf; cmp svar.pdf hentet.pdf && echo 'The PDF is the same, byte for byte.'
curl -s $B/v1/mailboxes/{mailbox}/access-log -H "Authorization: Bearer $PATIENT"; echo

# The patient deletes it; the clinic sees accepted, delivered, opened.
curl -s -o /dev/null -w '%{{http_code}}\n' -X DELETE $B/v1/mailboxes/{mailbox}/messages/$MESSAGE -H "Authorization: Bearer $PATIENT"
curl -s $B/v1/services/{service_id}/messages/$MESSAGE -H "Authorization: Bearer $EHR"; echo

"#
    )
}
