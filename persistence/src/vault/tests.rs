use domain::id::{AttachmentId, MailboxId, UploadId};
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

fn mailbox() -> MailboxId {
    Uuid::now_v7().into()
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
    let mailbox = mailbox();
    let first = Vault::open(&master, &keys).expect("keys");
    let (old_key, old_wrapped) = first.new_data_key(mailbox, &OWNER);
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

    assert_eq!(second.new_data_key(mailbox, &OWNER).1.epoch, 2);
    let sealed = old_key.seal(Uuid::nil(), Field::Body, b"x");
    let reopened = second.data_key(mailbox, &old_wrapped).expect("the older key");
    assert_eq!(reopened.open_text(Uuid::nil(), Field::Body, &sealed), Ok("x".to_owned()));
    assert_eq!(second.open_upload_name(Uuid::nil(), Uuid::nil().into(), &upload_name), Ok(TEXT.to_owned()));
    assert_eq!(second.open_token("list", &token), Some(b"42".to_vec()));
    let newer = second.new_data_key(mailbox, &OWNER).1;
    assert_eq!(first.data_key(mailbox, &newer).err(), Some(VaultError::UnknownEpoch(2)));
}

#[test]
fn a_data_key_opens_only_for_its_mailbox_owner_and_epoch() {
    let vault = new_vault();
    let mailbox_a = mailbox();
    let (_, wrapped) = vault.new_data_key(mailbox_a, &OWNER);

    assert!(vault.data_key(mailbox_a, &wrapped).is_ok());
    assert_eq!(vault.data_key(mailbox(), &wrapped).err(), Some(VaultError::Unreadable));
    let of_another = WrappedDataKey { owner_hash: vec![8; 32], ..wrapped.clone() };
    assert_eq!(vault.data_key(mailbox_a, &of_another).err(), Some(VaultError::Unreadable));
    let of_no_epoch = WrappedDataKey { epoch: 7, ..wrapped.clone() };
    assert_eq!(vault.data_key(mailbox_a, &of_no_epoch).err(), Some(VaultError::UnknownEpoch(7)));
    assert_eq!(new_vault().data_key(mailbox_a, &wrapped).err(), Some(VaultError::Unreadable));
}

#[test]
fn a_field_opens_only_as_itself() {
    let vault = new_vault();
    let mailbox_a = mailbox();
    let (key, wrapped) = vault.new_data_key(mailbox_a, &OWNER);
    let (other_key, _) = vault.new_data_key(mailbox_a, &OWNER);
    let same_bytes_other_mailbox = DataKey::new(mailbox(), &{
        let plain =
            vault.newest_data_sealer().open(&data_key_place(mailbox_a, &OWNER), &wrapped.wrapped).expect("opens");
        *to_key(&plain).expect("a key")
    });
    let object = Uuid::now_v7();
    for field in Field::ALL {
        let sealed = key.seal(object, field, TEXT.as_bytes());
        for asked in Field::ALL {
            assert_eq!(key.open_text(object, asked, &sealed).is_ok(), asked == field, "{field:?} as {asked:?}");
        }
        assert!(key.open(Uuid::now_v7(), field, &sealed).is_err());
        assert!(other_key.open(object, field, &sealed).is_err());
        assert!(same_bytes_other_mailbox.open(object, field, &sealed).is_err());
    }
}

#[test]
fn sealing_the_same_twice_gives_nothing_in_common() {
    let (key, _) = new_vault().new_data_key(mailbox(), &OWNER);
    let object = Uuid::now_v7();

    let [first, second] = [0, 1].map(|_| key.seal(object, Field::Body, TEXT.as_bytes()));

    assert_ne!(first[1..13], second[1..13]);
    assert_ne!(first[13..], second[13..]);
}

#[test]
fn bytes_that_are_no_text_do_not_open_as_one() {
    let (key, _) = new_vault().new_data_key(mailbox(), &OWNER);
    let sealed = key.seal(Uuid::nil(), Field::Body, b"\xff\xfe");
    assert_eq!(key.open_text(Uuid::nil(), Field::Body, &sealed), Err(VaultError::Unreadable));
}

#[test]
fn file_keys_open_only_where_they_belong() {
    let vault = new_vault();
    let (data_key, _) = vault.new_data_key(mailbox(), &OWNER);
    let [attachment, other_attachment]: [AttachmentId; 2] = [0, 1].map(|_| Uuid::now_v7().into());
    let [service, other_service] = [0, 1].map(|_| Uuid::now_v7());
    let [upload, other_upload]: [UploadId; 2] = [0, 1].map(|_| Uuid::now_v7().into());
    let key = FileKey::generate();

    let sealed = data_key.seal_file_key(attachment, &key);
    assert_eq!(data_key.open_file_key(attachment, &sealed).expect("opens").expose(), key.expose());
    assert!(data_key.open_file_key(other_attachment, &sealed).is_err());

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
    let printed =
        format!("{master:?} {vault:?} {:?} {:?}", vault.new_data_key(mailbox(), &OWNER).0, FileKey::generate());
    assert_eq!(printed, "MasterKey(***) Vault(***) DataKey(***) FileKey(***)");

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
        let (key, _) = new_vault().new_data_key(mailbox(), &OWNER);
        let sealed = key.seal(Uuid::nil(), Field::Body, &plain);
        prop_assert_eq!(sealed.len(), plain.len() + 29);
        let opened = key.open(Uuid::nil(), Field::Body, &sealed);
        prop_assert_eq!(opened.as_deref(), Ok(&plain));
    }

    #[test]
    fn a_changed_or_shortened_seal_does_not_open(
        plain in proptest::collection::vec(any::<u8>(), 0..200),
        place in any::<prop::sample::Index>(),
        bit in 0..8u8,
    ) {
        let (key, _) = new_vault().new_data_key(mailbox(), &OWNER);
        let mut sealed = key.seal(Uuid::nil(), Field::Body, &plain);
        let place = place.index(sealed.len());
        prop_assert!(key.open(Uuid::nil(), Field::Body, &sealed[..place]).is_err());
        sealed[place] ^= 1u8 << bit;
        prop_assert!(key.open(Uuid::nil(), Field::Body, &sealed).is_err());
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
