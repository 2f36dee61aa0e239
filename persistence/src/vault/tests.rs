use domain::id::{AttachmentId, MailboxId, MessageId, ServiceId, UploadId};
use domain::identity::{NationalId, NumberSeries};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;

const TEXT: &str = "Svar på blodprøve";
/// The keyed hash of an owner's number.
const OWNER: [u8; 32] = [7; 32];

fn new_vault() -> Vault {
    let master = MasterKey::generate();
    Vault::open(&master, &Vault::new_keys(&master)).expect("its own keys open")
}

fn id<T: From<Uuid>>() -> T {
    Uuid::now_v7().into()
}

fn mailbox_key(vault: &Vault) -> MailboxKey {
    vault.new_mailbox_key(id(), &OWNER).0
}

/// The nth number of the synthetic series that passes the check of its control digits.
fn synthetic_number(nth: usize) -> NationalId {
    (0..100_000u32)
        .filter_map(|end| NationalId::parse(&format!("258590{end:05}"), NumberSeries::Synthetic).ok())
        .nth(nth)
        .expect("a number")
}

#[test]
fn another_master_key_is_told_from_a_damaged_key() {
    let master = MasterKey::generate();
    let mut keys = Vault::new_keys(&master);

    assert_eq!(Vault::open(&MasterKey::generate(), &keys).err(), Some(VaultError::WrongMasterKey));
    keys[1].wrapped[20] ^= 1;
    let damaged = VaultError::DamagedKey { purpose: "lookup".to_owned(), epoch: 1 };
    assert_eq!(Vault::open(&master, &keys).err(), Some(damaged));
    keys.remove(1);
    assert_eq!(Vault::open(&master, &keys).err(), Some(VaultError::MissingKey("lookup")));
    assert_eq!(Vault::open(&master, &[]).err(), Some(VaultError::MissingKey("cursor")));
}

#[test]
fn a_stored_key_opens_only_for_its_purpose_and_epoch() {
    let master = MasterKey::generate();
    let keys = Vault::new_keys(&master);
    let change: [fn(&mut WrappedVaultKey); 2] = [|key| key.purpose = "cursor".to_owned(), |key| key.epoch = 2];
    for change in change {
        let mut changed = keys.clone();
        change(&mut changed[0]);
        assert!(matches!(Vault::open(&master, &changed), Err(VaultError::DamagedKey { .. })));
    }
}

#[test]
fn older_epochs_open_and_the_newest_seals() {
    let master = MasterKey::generate();
    let mut keys = Vault::new_keys(&master);
    let mailbox: MailboxId = id();
    let first = Vault::open(&master, &keys).expect("keys");
    let (old_key, old_wrapped) = first.new_mailbox_key(mailbox, &OWNER);
    let name = first.seal_identity(mailbox, Identity::Name, TEXT);
    let upload_name = first.seal_upload_name(Uuid::nil(), Uuid::nil().into(), TEXT);
    let token = first.seal_token("list", b"42");
    for purpose in ["data", "cursor"] {
        keys.push(WrappedVaultKey {
            purpose: purpose.to_owned(),
            epoch: 2,
            wrapped: master.sealer().seal(&vault_key_place(purpose, 2), random_key().as_slice()),
        });
    }

    let second = Vault::open(&master, &keys).expect("keys");

    assert_eq!(second.new_mailbox_key(mailbox, &OWNER).1.epoch, 2);
    let sealed = old_key.seal(Uuid::nil(), Field::Draft, b"x");
    let reopened = second.mailbox_key(mailbox, &OWNER, &old_wrapped).expect("the older key");
    assert_eq!(reopened.open_text(Uuid::nil(), Field::Draft, &sealed), Ok("x".to_owned()));
    assert_eq!(second.open_identity(mailbox, Identity::Name, &name), Ok(TEXT.to_owned()));
    assert_eq!(second.open_upload_name(Uuid::nil(), Uuid::nil().into(), &upload_name), Ok(TEXT.to_owned()));
    assert_eq!(second.open_token("list", &token), Some(b"42".to_vec()));
    let newer = second.new_mailbox_key(mailbox, &OWNER).1;
    assert_eq!(first.mailbox_key(mailbox, &OWNER, &newer).err(), Some(VaultError::UnknownEpoch(2)));
}

#[test]
fn keys_open_only_for_whose_they_are() {
    let vault = new_vault();
    let (one, other): (MailboxId, MailboxId) = (id(), id());
    let (_, wrapped) = vault.new_mailbox_key(one, &OWNER);

    assert!(vault.mailbox_key(one, &OWNER, &wrapped).is_ok());
    assert_eq!(vault.mailbox_key(other, &OWNER, &wrapped).err(), Some(VaultError::Unreadable));
    assert_eq!(vault.mailbox_key(one, &[8; 32], &wrapped).err(), Some(VaultError::Unreadable));
    assert_eq!(vault.service_key(one.as_uuid().into(), &wrapped).err(), Some(VaultError::Unreadable));
    let of_no_epoch = WrappedKeys { epoch: 7, ..wrapped.clone() };
    assert_eq!(vault.mailbox_key(one, &OWNER, &of_no_epoch).err(), Some(VaultError::UnknownEpoch(7)));
    assert_eq!(new_vault().mailbox_key(one, &OWNER, &wrapped).err(), Some(VaultError::Unreadable));

    let (one, other): (ServiceId, ServiceId) = (id(), id());
    let (_, wrapped) = vault.new_service_key(one);
    assert!(vault.service_key(one, &wrapped).is_ok());
    assert_eq!(vault.service_key(other, &wrapped).err(), Some(VaultError::Unreadable));
}

#[test]
fn a_ring_opens_what_any_of_its_keys_sealed_and_seals_under_the_newest() {
    let holder = ring::Holder { kind: "mailbox", id: Uuid::now_v7() };
    let (old, bytes) = Ring::new(holder);
    let [second, third] = [2, 3].map(|epoch: u32| [&epoch.to_be_bytes(), random_key().as_slice()].concat());
    let both = Ring::from_bytes(holder, &[bytes.as_slice(), &second].concat()).expect("two keys");
    let newest = Ring::from_bytes(holder, &second).expect("a key");
    let object = Uuid::nil();

    let (of_old, of_both) = (old.seal(object, Field::Draft, b"x"), both.seal(object, Field::Draft, b"x"));
    assert!(both.open(object, Field::Draft, &of_old).is_ok());
    assert!(both.open(object, Field::Draft, &of_both).is_ok());
    assert!(newest.open(object, Field::Draft, &of_both).is_ok(), "the newest seals");
    assert!(newest.open(object, Field::Draft, &of_old).is_err(), "what the old one sealed ended with it");
    assert!(old.open(object, Field::Draft, &of_both).is_err());

    for (name, bytes) in [
        ("nothing", vec![]),
        ("half a key", bytes[..20].to_vec()),
        ("a key and a half", [bytes.as_slice(), &third[..20]].concat()),
    ] {
        assert!(Ring::from_bytes(holder, &bytes).is_none(), "{name}");
    }
}

#[test]
fn a_field_opens_only_as_itself() {
    let vault = new_vault();
    let [key, other] = [0, 1].map(|_| mailbox_key(&vault));
    let service = vault.new_service_key(id()).0;
    let message = new_message(&vault).2.key;
    let object = Uuid::now_v7();
    for field in Field::ALL {
        let sealed = key.seal(object, field, TEXT.as_bytes());
        let sealed_with_message = message.seal(object, field, TEXT.as_bytes());
        for asked in Field::ALL {
            assert_eq!(key.open_text(object, asked, &sealed).is_ok(), asked == field, "{field:?} as {asked:?}");
            let opened = message.open_text(object, asked, &sealed_with_message);
            assert_eq!(opened.is_ok(), asked == field, "{field:?} as {asked:?}");
        }
        assert!(key.open(Uuid::now_v7(), field, &sealed).is_err());
        assert!(other.open(object, field, &sealed).is_err());
        assert!(service.open(object, field, &sealed).is_err());
        assert!(message.open(Uuid::now_v7(), field, &sealed_with_message).is_err());
    }
}

/// The keys of a mailbox and a service, and that of a message between them.
fn new_message(vault: &Vault) -> ((MailboxKey, ServiceKey), MessagePlace, NewMessageKey) {
    let place = MessagePlace { mailbox: id(), message: id(), service: id() };
    let keys = (vault.new_mailbox_key(place.mailbox, &OWNER).0, vault.new_service_key(place.service).0);
    let new = NewMessageKey::generate(place, BothKeys { mailbox: &keys.0, service: &keys.1 });
    (keys, place, new)
}

#[test]
fn either_copy_of_a_message_opens_it_and_nothing_else_does() {
    let vault = new_vault();
    let ((mailbox, service), place, new) = new_message(&vault);
    let object = place.message.as_uuid();
    let sealed = new.key.seal(object, Field::Body, TEXT.as_bytes());

    let owners = MessageKey::open_with(&mailbox, place, &new.for_owner).expect("the owner's");
    let services = MessageKey::open_with(&service, place, &new.for_service).expect("the service's");
    assert!(owners.is_same_as(&services));
    for key in [owners, services] {
        assert_eq!(key.open_text(object, Field::Body, &sealed), Ok(TEXT.to_owned()));
    }
    let another = new_message(&vault).2;
    assert!(!another.key.is_same_as(&new.key));
    assert!(another.key.open(object, Field::Body, &sealed).is_err());
    for wrapped in [&new.for_service, &another.for_owner, &sealed] {
        assert_eq!(MessageKey::open_with(&mailbox, place, wrapped).err(), Some(VaultError::Unreadable));
    }
    for (name, place) in [
        ("another mailbox", MessagePlace { mailbox: id(), ..place }),
        ("another message", MessagePlace { message: id::<MessageId>(), ..place }),
        ("another service", MessagePlace { service: id(), ..place }),
    ] {
        for (ring, wrapped) in [(&*mailbox, &new.for_owner), (&*service, &new.for_service)] {
            assert_eq!(MessageKey::open_with(ring, place, wrapped).err(), Some(VaultError::Unreadable), "{name}");
        }
    }
}

#[test]
fn who_somebody_is_opens_for_them_alone() {
    let vault = new_vault();
    let (one, other): (MailboxId, MailboxId) = (id(), id());
    let name = vault.seal_identity(one, Identity::Name, TEXT);

    assert_eq!(vault.open_identity(one, Identity::Name, &name), Ok(TEXT.to_owned()));
    for opened in [
        vault.open_identity(other, Identity::Name, &name),
        vault.open_identity(one, Identity::Number, &name),
        vault.open_identity(one, Identity::Name, &name[..3]),
        new_vault().open_identity(one, Identity::Name, &name),
    ] {
        assert_eq!(opened, Err(VaultError::Unreadable));
    }
}

#[test]
fn sealing_the_same_twice_gives_nothing_in_common() {
    let key = mailbox_key(&new_vault());
    let object = Uuid::now_v7();

    let [first, second] = [0, 1].map(|_| key.seal(object, Field::Draft, TEXT.as_bytes()));

    // Before the nonce stand epoch and version.
    assert_ne!(first[5..17], second[5..17]);
    assert_ne!(first[17..], second[17..]);
}

#[test]
fn bytes_that_are_no_text_do_not_open_as_one() {
    let key = mailbox_key(&new_vault());
    let sealed = key.seal(Uuid::nil(), Field::Draft, b"\xff\xfe");
    assert_eq!(key.open_text(Uuid::nil(), Field::Draft, &sealed), Err(VaultError::Unreadable));
}

#[test]
fn file_keys_open_only_where_they_belong() {
    let vault = new_vault();
    let message = new_message(&vault).2.key;
    let [attachment, other_attachment]: [AttachmentId; 2] = [0, 1].map(|_| id());
    let [service, other_service] = [0, 1].map(|_| Uuid::now_v7());
    let [upload, other_upload]: [UploadId; 2] = [0, 1].map(|_| id());
    let key = FileKey::generate();

    let sealed = message.seal_file_key(attachment, &key);
    assert_eq!(message.open_file_key(attachment, &sealed).expect("opens").expose(), key.expose());
    assert!(message.open_file_key(other_attachment, &sealed).is_err());

    let wrapped = vault.wrap_upload_key(service, upload, &key);
    assert_eq!(vault.open_upload_key(service, upload, &wrapped).expect("opens").expose(), key.expose());
    assert!(vault.open_upload_key(other_service, upload, &wrapped).is_err());
    assert!(vault.open_upload_key(service, other_upload, &wrapped).is_err());
    assert!(vault.open_upload_name(service, upload, &wrapped).is_err());

    let name = vault.seal_upload_name(service, upload, "vedtak.pdf");
    assert_eq!(vault.open_upload_name(service, upload, &name), Ok("vedtak.pdf".to_owned()));
    assert!(vault.open_upload_name(service, other_upload, &name).is_err());
    assert_eq!(vault.open_upload_name(service, upload, &name[..3]), Err(VaultError::Unreadable));
}

#[test]
fn a_token_opens_only_in_its_context() {
    let vault = new_vault();
    let token = vault.seal_token("messages of a, unread", b"position");

    assert_eq!(vault.open_token("messages of a, unread", &token), Some(b"position".to_vec()));
    assert!(token.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')), "{token}");
    for (name, context, token) in [
        ("another list", "messages of b, unread", token.clone()),
        ("another installation", "messages of a, unread", new_vault().seal_token("messages of a, unread", b"position")),
        ("cut off", "messages of a, unread", token[..token.len() - 4].to_owned()),
        ("no base64", "messages of a, unread", "æ".to_owned()),
        ("empty", "messages of a, unread", String::new()),
    ] {
        assert_eq!(vault.open_token(context, &token), None, "{name}");
    }
}

#[test]
fn the_lookup_hash_depends_on_number_and_installation_only() {
    let master = MasterKey::generate();
    let keys = Vault::new_keys(&master);
    let [vault, reopened] = [0, 1].map(|_| Vault::open(&master, &keys).expect("keys"));
    let hash = vault.lookup_hash(&synthetic_number(0));

    assert_eq!(reopened.lookup_hash(&synthetic_number(0)), hash);
    assert_ne!(vault.lookup_hash(&synthetic_number(1)), hash);
    assert_ne!(new_vault().lookup_hash(&synthetic_number(0)), hash);
}

#[test]
fn nothing_of_a_key_prints() {
    let text = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY=";
    let master = MasterKey::parse(text).expect("32 bytes");
    let vault = Vault::open(&master, &Vault::new_keys(&master)).expect("keys");
    let printed = format!("{master:?} {vault:?} {:?} {:?}", mailbox_key(&vault), FileKey::generate());
    assert_eq!(printed, "MasterKey(***) Vault(***) MailboxKey(***) FileKey(***)");
    let printed = format!("{:?} {:?}", vault.new_service_key(id()).0, new_message(&vault).2.key);
    assert_eq!(printed, "ServiceKey(***) MessageKey(***)");

    let refused = MasterKey::parse(&text[..20]).expect_err("too short");
    assert!(!format!("{refused} {refused:?}").contains(&text[..8]));
}

#[test]
fn a_master_key_is_32_bytes_in_base64() {
    let table = [
        ("32 bytes", "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY=", true),
        ("with a line end", "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY=\n", true),
        ("31 bytes", "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZQ==", false),
        ("33 bytes", "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZn", false),
        ("no base64", "hemmelig", false),
        ("nothing", "", false),
    ];
    for (name, text, expected) in table {
        assert_eq!(MasterKey::parse(text).is_ok(), expected, "{name}");
    }
}

#[test]
fn a_key_file_is_made_once_and_read_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("master.key");
    assert!(matches!(MasterKey::read_file(&path), Err(MasterKeyError::File { .. })));

    let made = MasterKey::read_or_create_file(&path).expect("made");
    let keys = Vault::new_keys(&made);

    for read in [MasterKey::read_or_create_file(&path), MasterKey::read_file(&path)] {
        assert!(Vault::open(&read.expect("read"), &keys).is_ok());
    }
}

#[test]
fn of_many_that_make_a_key_file_at_once_all_have_the_same_key() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("master.key");
    let start = std::sync::Barrier::new(8);
    let made: Vec<MasterKey> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    start.wait();
                    MasterKey::read_or_create_file(&path).expect("made or read")
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("it ends")).collect()
    });

    let keys = Vault::new_keys(&made[0]);
    assert!(made.iter().all(|key| Vault::open(key, &keys).is_ok()));
    assert_eq!(std::fs::read_dir(folder.path()).expect("the folder").count(), 1, "and nothing else is left");
}

#[cfg(unix)]
#[test]
fn a_key_file_that_others_may_read_is_refused() {
    use std::fs::{Permissions, metadata, set_permissions};
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("master.key");
    MasterKey::read_or_create_file(&path).expect("made");
    assert_eq!(metadata(&path).expect("is there").permissions().mode() & 0o777, 0o600);

    for (mode, expected) in [(0o640, false), (0o604, false), (0o620, false), (0o400, true)] {
        set_permissions(&path, Permissions::from_mode(mode)).expect("set");
        assert_eq!(MasterKey::read_or_create_file(&path).is_ok(), expected, "{mode:o}");
        let refused = MasterKey::read_file(&path).err();
        assert_eq!(!matches!(refused, Some(MasterKeyError::OpenToOthers { .. })), expected, "{mode:o}");
    }
}

proptest! {
    #[test]
    fn what_is_sealed_opens(plain in proptest::collection::vec(any::<u8>(), 0..2000)) {
        let key = mailbox_key(&new_vault());
        let sealed = key.seal(Uuid::nil(), Field::Draft, &plain);
        prop_assert_eq!(sealed.len(), plain.len() + 33);
        let opened = key.open(Uuid::nil(), Field::Draft, &sealed);
        prop_assert_eq!(opened.as_deref(), Ok(&plain));
    }

    #[test]
    fn a_changed_or_shortened_seal_does_not_open(
        plain in proptest::collection::vec(any::<u8>(), 0..200),
        place in any::<prop::sample::Index>(),
        bit in 0..8u8,
    ) {
        let key = mailbox_key(&new_vault());
        let mut sealed = key.seal(Uuid::nil(), Field::Draft, &plain);
        let place = place.index(sealed.len());
        prop_assert!(key.open(Uuid::nil(), Field::Draft, &sealed[..place]).is_err());
        sealed[place] ^= 1u8 << bit;
        prop_assert!(key.open(Uuid::nil(), Field::Draft, &sealed).is_err());
    }

    #[test]
    fn different_parts_never_join_to_the_same(
        a in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..4), 0..4),
        b in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..4), 0..4),
    ) {
        let joined = |parts: &[Vec<u8>]| associated_data(&parts.iter().map(Vec::as_slice).collect::<Vec<_>>());
        prop_assert_eq!(joined(&a) == joined(&b), a == b);
    }
}
