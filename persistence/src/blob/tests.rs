use std::convert::Infallible;
use std::io::{Cursor, Read, Seek, SeekFrom};
use std::path::{Path as FilePath, PathBuf};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_lc_rs::digest;
use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use proptest::prelude::*;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use uuid::Uuid;

use super::chunks::CHUNK_BYTES;
use super::mark::MARK;
use super::write::StoredBlob;
use super::*;
use crate::vault::FileKey;

const MAX_BYTES: u64 = 30 * 1024 * 1024;
const CHUNK: usize = CHUNK_BYTES as usize;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));

struct Fixture {
    folder: TempDir,
    blobs: BlobStore,
    id: Uuid,
    key: FileKey,
}

impl Fixture {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let blobs = open(&folder);
        RUNTIME.block_on(blobs.bind(mark(0))).expect("nobody's yet");
        Self { folder, blobs, id: Uuid::now_v7(), key: FileKey::generate() }
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("blobs")
    }

    fn put(&self, content: &[u8], piece_bytes: usize) -> Result<StoredBlob, PutError<Infallible>> {
        let pieces: Vec<_> = content.chunks(piece_bytes).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
        RUNTIME.block_on(self.blobs.put(self.id, &self.key, stream::iter(pieces), MAX_BYTES))
    }

    fn read(&self, size_bytes: u64, range: std::ops::Range<u64>) -> Result<Vec<u8>, BlobError> {
        let pieces = self.blobs.read(self.id, &self.key, size_bytes, range).try_collect::<Vec<_>>();
        RUNTIME.block_on(pieces).map(|pieces| pieces.concat())
    }

    /// The file of the blob.
    fn file(&self) -> PathBuf {
        self.root().join(path_of(self.id).as_ref())
    }

    /// Changes the stored bytes, and tells whether the whole content still reads.
    fn reads_after(&self, size_bytes: u64, change: impl FnOnce(&mut Vec<u8>)) -> Result<Vec<u8>, BlobError> {
        let stored = std::fs::read(self.file()).expect("the file");
        let mut changed = stored.clone();
        change(&mut changed);
        std::fs::write(self.file(), &changed).expect("written");
        let result = self.read(size_bytes, 0..size_bytes);
        std::fs::write(self.file(), &stored).expect("written");
        result
    }
}

fn open(folder: &TempDir) -> BlobStore {
    BlobStore::open(&BlobSettings::Folder(folder.path().join("blobs"))).expect("opens")
}

/// The mark of the database of all these tests.
fn mark(generation: i64) -> Mark {
    Mark { database: Uuid::from_u128(7), generation }
}

fn content(size: usize) -> Vec<u8> {
    (0..size).map(|at| (at ^ (at >> 8) ^ (at >> 16)) as u8).collect()
}

fn bytes_in(folder: &FilePath) -> (usize, u64) {
    std::fs::read_dir(folder).expect("a folder").fold((0, 0), |(files, bytes), entry| {
        let entry = entry.expect("an entry");
        let metadata = entry.metadata().expect("metadata");
        let (more_files, more_bytes) = if metadata.is_dir() { bytes_in(&entry.path()) } else { (1, metadata.len()) };
        (files + more_files, bytes + more_bytes)
    })
}

/// A size near a border of chunks or of parts.
fn size_near_a_border() -> impl Strategy<Value = usize> {
    (prop::sample::select(vec![0, 1, 2, 3, 4, 5, 8]), 0..200usize)
        .prop_map(|(chunks, around)| (chunks * CHUNK + around).saturating_sub(100).max(1))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_range_reads_like_a_slice(
        size in size_near_a_border(),
        piece_bytes in prop::sample::select(vec![1000, CHUNK - 1, CHUNK, 300_000]),
        ends in (any::<prop::sample::Index>(), any::<prop::sample::Index>()),
    ) {
        let fixture = Fixture::new();
        let content = content(size);
        let stored = fixture.put(&content, piece_bytes).expect("stored");
        prop_assert_eq!(stored.size_bytes, size as u64);
        let expected = digest::digest(&digest::SHA256, &content);
        prop_assert_eq!(&stored.sha256[..], expected.as_ref());
        let (a, b) = (ends.0.index(size + 1), ends.1.index(size + 1));
        let near_the_end = size.saturating_sub(10);
        for (start, end) in [(a.min(b), a.max(b)), (0, size), (near_the_end, size), (0, 1), (size, size)] {
            let read = fixture.read(size as u64, start as u64..end as u64).expect("read");
            prop_assert!(read == content[start..end], "{}..{} of {}", start, end, size);
        }
        let past_the_end = fixture.read(size as u64, near_the_end as u64..u64::MAX).expect("read");
        prop_assert!(past_the_end == content[near_the_end..]);
    }

    #[test]
    fn a_flipped_bit_is_noticed(size in size_near_a_border(), place in any::<prop::sample::Index>(), bit in 0..8u8) {
        let fixture = Fixture::new();
        fixture.put(&content(size), CHUNK).expect("stored");
        let read = fixture.reads_after(size as u64, |stored| {
            let place = place.index(stored.len());
            stored[place] ^= 1u8 << bit;
        });
        prop_assert!(matches!(read, Err(BlobError::Corrupt)));
    }
}

#[test]
fn chunks_cannot_be_moved_left_out_or_put_in() {
    const SEALED: usize = CHUNK + 16;
    let size = 3 * CHUNK as u64;
    let fixture = Fixture::new();
    fixture.put(&content(size as usize), CHUNK).expect("stored");
    type Change = fn(&mut Vec<u8>);
    let table: [(&str, Change); 7] = [
        ("two swapped", |stored| {
            let (first, rest) = stored.split_at_mut(SEALED);
            first.swap_with_slice(&mut rest[..SEALED]);
        }),
        ("the last in the middle", |stored| stored.copy_within(2 * SEALED.., SEALED)),
        ("the last left out", |stored| stored.truncate(2 * SEALED)),
        ("the first left out", |stored| drop(stored.drain(..SEALED))),
        ("half of the last left out", |stored| stored.truncate(2 * SEALED + SEALED / 2)),
        ("one put in", |stored| stored.extend_from_within(..SEALED)),
        ("everything left out", Vec::clear),
    ];
    for (name, change) in table {
        assert!(matches!(fixture.reads_after(size, change), Err(BlobError::Corrupt)), "{name}");
    }
    assert!(fixture.reads_after(size, |_| {}).is_ok());
}

#[test]
fn a_blob_cut_off_at_a_chunk_does_not_pass_for_a_shorter_one() {
    let fixture = Fixture::new();
    fixture.put(&content(3 * CHUNK), CHUNK).expect("stored");
    let stored = std::fs::read(fixture.file()).expect("the file");
    std::fs::write(fixture.file(), &stored[..2 * (CHUNK + 16)]).expect("written");

    let read = fixture.read(2 * CHUNK_BYTES, 0..2 * CHUNK_BYTES);

    assert!(matches!(read, Err(BlobError::Corrupt)));
}

#[test]
fn a_blob_opens_only_under_its_id_and_key() {
    let mut fixture = Fixture::new();
    fixture.put(b"hemmelig", 3).expect("stored");
    let stored = std::fs::read(fixture.file()).expect("the file");
    assert!(!stored.windows(8).any(|window| window == b"hemmelig"));

    let key = std::mem::replace(&mut fixture.key, FileKey::generate());
    assert!(matches!(fixture.read(8, 0..8), Err(BlobError::Corrupt)));
    fixture.key = key;
    fixture.id = Uuid::now_v7();
    assert!(matches!(fixture.read(8, 0..8), Err(BlobError::NotFound)));
    std::fs::create_dir_all(fixture.file().parent().expect("a folder")).expect("made");
    std::fs::write(fixture.file(), &stored).expect("written");
    assert!(matches!(fixture.read(8, 0..8), Err(BlobError::Corrupt)));
}

#[test]
fn too_much_is_refused_while_it_streams_and_leaves_nothing() {
    let fixture = Fixture::new();
    let taken = AtomicUsize::new(0);
    let endless = stream::repeat_with(|| {
        taken.fetch_add(1, Ordering::Relaxed);
        Ok::<_, Infallible>(Bytes::from_static(&[7; CHUNK]))
    });
    let max_bytes = 16 * CHUNK_BYTES;

    let refused = RUNTIME.block_on(fixture.blobs.put(fixture.id, &fixture.key, endless, max_bytes));

    assert!(matches!(refused, Err(PutError::TooLarge { max_bytes: told }) if told == max_bytes));
    assert_eq!(taken.into_inner(), 17);
    assert_eq!(bytes_in(&fixture.root()).0, 1, "the mark and nothing else");
}

#[test]
fn content_that_is_exactly_at_the_limit_is_taken() {
    let fixture = Fixture::new();
    let whole = stream::iter([Ok::<_, Infallible>(Bytes::from_static(b"1234"))]);
    let stored = RUNTIME.block_on(fixture.blobs.put(fixture.id, &fixture.key, whole, 4)).expect("stored");
    assert_eq!(stored.size_bytes, 4);
}

#[test]
fn content_that_breaks_off_or_is_empty_leaves_nothing() {
    let fixture = Fixture::new();
    let pieces = (0..20).map(|_| Ok(Bytes::from_static(&[7; CHUNK]))).chain([Err("the sender went away")]);

    let broken = RUNTIME.block_on(fixture.blobs.put(fixture.id, &fixture.key, stream::iter(pieces), MAX_BYTES));
    let empty = fixture.put(b"", 1);
    let no_bytes = stream::iter([Ok::<_, Infallible>(Bytes::new())]);
    let of_nothing = RUNTIME.block_on(fixture.blobs.put(fixture.id, &fixture.key, no_bytes, MAX_BYTES));

    assert!(matches!(broken, Err(PutError::Content("the sender went away"))));
    assert!(matches!(empty, Err(PutError::Empty)));
    assert!(matches!(of_nothing, Err(PutError::Empty)));
    assert_eq!(bytes_in(&fixture.root()).0, 1, "the mark and nothing else");
}

#[test]
fn a_large_file_is_on_disk_while_it_comes_in() {
    const PIECE: usize = 100_000;
    let fixture = Fixture::new();
    let mut made = 0;
    let generated = stream::iter(0..290).map(|_| {
        let (_, on_disk) = bytes_in(&fixture.root());
        assert!(made <= on_disk + 2 * 256 * 1024, "{made} bytes came in and {on_disk} are on disk");
        made += PIECE as u64;
        Ok::<_, Infallible>(Bytes::from_static(&[7; PIECE]))
    });

    let stored = RUNTIME.block_on(fixture.blobs.put(fixture.id, &fixture.key, generated, MAX_BYTES)).expect("stored");

    assert_eq!(stored.size_bytes, 29_000_000);
    let pieces = fixture.blobs.read(fixture.id, &fixture.key, stored.size_bytes, 0..stored.size_bytes);
    let (largest, sum) =
        RUNTIME
            .block_on(pieces.try_fold((0, 0), |(largest, sum), piece| async move {
                Ok((piece.len().max(largest), sum + piece.len()))
            }))
            .expect("read");
    assert_eq!((largest, sum), (CHUNK, 29_000_000));
}

#[test]
fn what_is_deleted_is_gone_and_deleting_it_again_is_fine() {
    let fixture = Fixture::new();
    fixture.put(b"content", 7).expect("stored");
    assert!(RUNTIME.block_on(fixture.blobs.exists(fixture.id)).expect("known"));

    for _ in 0..2 {
        RUNTIME.block_on(fixture.blobs.delete(fixture.id)).expect("deleted");
    }

    assert!(!RUNTIME.block_on(fixture.blobs.exists(fixture.id)).expect("known"));
    assert!(matches!(fixture.read(7, 0..7), Err(BlobError::NotFound)));
}

#[test]
fn the_list_names_blobs_and_nothing_else() {
    let mut fixture = Fixture::new();
    let mut ids: Vec<Uuid> = (0..3)
        .map(|_| {
            fixture.id = Uuid::now_v7();
            fixture.key = FileKey::generate();
            fixture.put(b"content", 7).expect("stored");
            fixture.id
        })
        .collect();
    let trashed = ids[2];
    RUNTIME.block_on(fixture.blobs.trash(trashed)).expect("moved");
    RUNTIME.block_on(fixture.blobs.check()).expect("works");

    let listed = RUNTIME.block_on(fixture.blobs.list().try_collect::<Vec<_>>());

    let listed: Vec<Listed> = listed.expect("listed");
    assert!(listed.iter().all(|listed| listed.is_trashed == (listed.id == trashed)));
    let mut listed: Vec<Uuid> = listed.into_iter().map(|listed| listed.id).collect();
    listed.sort_unstable();
    ids.sort_unstable();
    assert_eq!(listed, ids);
}

#[test]
fn a_store_that_works_passes_the_check_and_does_not_grow_by_it() {
    let fixture = Fixture::new();
    RUNTIME.block_on(fixture.blobs.check()).expect("works");
    let after_one = bytes_in(&fixture.root());
    RUNTIME.block_on(fixture.blobs.check()).expect("works");
    assert_eq!(bytes_in(&fixture.root()), after_one, "the same few bytes each time");
}

#[test]
fn a_folder_that_is_gone_is_unavailable_and_is_not_made_again() {
    let fixture = Fixture::new();
    fixture.put(b"content", 7).expect("stored");
    std::fs::rename(fixture.root(), fixture.folder.path().join("elsewhere")).expect("moved");

    assert!(matches!(RUNTIME.block_on(fixture.blobs.check()), Err(BlobError::Unavailable(_))));
    assert!(matches!(fixture.put(b"content", 7), Err(PutError::Store(BlobError::Unavailable(_)))));
    assert!(matches!(fixture.read(7, 0..7), Err(BlobError::Unavailable(_))));
    assert!(matches!(RUNTIME.block_on(fixture.blobs.exists(fixture.id)), Err(BlobError::Unavailable(_))));
    assert!(matches!(RUNTIME.block_on(fixture.blobs.delete(fixture.id)), Err(BlobError::Unavailable(_))));
    assert!(!fixture.root().exists());

    std::fs::rename(fixture.folder.path().join("elsewhere"), fixture.root()).expect("moved back");
    RUNTIME.block_on(fixture.blobs.check()).expect("works again");
    assert_eq!(fixture.read(7, 0..7).expect("read"), b"content");
}

#[test]
fn a_store_that_does_not_take_bytes_fails_the_check_and_the_write() {
    let fixture = Fixture::new();
    // Files in the places of folders, and the other way round: this fails for every user, where a read-only mode stops only some.
    std::fs::create_dir(fixture.root().join(CHECK)).expect("made");
    let first_folder = path_of(fixture.id).parts().next().expect("a part").as_ref().to_owned();
    std::fs::write(fixture.root().join(first_folder), b"").expect("written");

    assert!(matches!(RUNTIME.block_on(fixture.blobs.check()), Err(BlobError::Unavailable(_))));
    assert!(matches!(fixture.put(b"content", 7), Err(PutError::Store(BlobError::Unavailable(_)))));
    assert!(matches!(fixture.put(&content(9 * CHUNK), CHUNK), Err(PutError::Store(BlobError::Unavailable(_)))));
}

#[test]
fn a_blocking_reader_reads_like_a_file() {
    let fixture = Fixture::new();
    let content = content(3 * CHUNK + 17);
    let stored = fixture.put(&content, 1000).expect("stored");
    let mut reader =
        fixture.blobs.reader(fixture.id, &fixture.key, stored.size_bytes, RUNTIME.handle().clone()).expect("a reader");
    let mut expected = Cursor::new(&content);
    let seeks = [
        SeekFrom::Start(0),
        SeekFrom::End(-20),
        SeekFrom::Start(CHUNK_BYTES - 5),
        SeekFrom::Current(40),
        SeekFrom::End(5),
        SeekFrom::Start(2 * CHUNK_BYTES),
    ];
    for to in seeks {
        assert_eq!(reader.seek(to).expect("seeks"), expected.seek(to).expect("seeks"));
        let [mut read, mut wanted] = [vec![], vec![]];
        Read::by_ref(&mut reader).take(30).read_to_end(&mut read).expect("reads");
        Read::by_ref(&mut expected).take(30).read_to_end(&mut wanted).expect("reads");
        assert_eq!(read, wanted, "{to:?}");
    }
    assert!(reader.seek(SeekFrom::Current(-1_000_000)).is_err());

    std::fs::remove_file(fixture.file()).expect("removed");
    reader.seek(SeekFrom::Start(0)).expect("seeks");
    assert!(reader.read(&mut [0; 10]).is_err());
}

#[test]
fn a_stored_file_is_inspected_on_a_blocking_thread() {
    let fixture = Fixture::new();
    let document = b"\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n";
    let pdf = [b"%PDF-1.7\n".as_slice(), &content(3 * CHUNK), document].concat();
    let stored = fixture.put(&pdf, CHUNK).expect("stored");
    let reader = fixture.blobs.reader(fixture.id, &fixture.key, stored.size_bytes, RUNTIME.handle().clone());
    let reader = reader.expect("a reader");

    let inspected = RUNTIME.spawn_blocking(move || crate::file_inspection::inspect(reader, stored.size_bytes));

    let file_type = RUNTIME.block_on(inspected).expect("ends").expect("taken");
    assert_eq!(file_type, domain::attachment::FileType::Pdf);
}

#[test]
fn the_trash_takes_unfinished_files_along_and_gives_bytes_back() {
    let fixture = Fixture::new();
    fixture.put(b"content", 7).expect("stored");
    let mut left_behind = fixture.file().into_os_string();
    left_behind.push("#1");
    std::fs::write(&left_behind, b"part").expect("written");

    for _ in 0..2 {
        RUNTIME.block_on(fixture.blobs.trash(fixture.id)).expect("moved");
    }

    assert!(!FilePath::new(&left_behind).exists() && !fixture.file().exists());
    assert!(RUNTIME.block_on(fixture.blobs.restore(fixture.id)).expect("moved"));
    assert!(!RUNTIME.block_on(fixture.blobs.restore(fixture.id)).expect("nothing to move"));
    assert_eq!(fixture.read(7, 0..7).expect("read"), b"content");
}

#[test]
fn bytes_in_the_trash_are_fetched_back_when_somebody_reads_them_and_are_gone_when_it_is_emptied() {
    let fixture = Fixture::new();
    fixture.put(b"content", 7).expect("stored");
    RUNTIME.block_on(fixture.blobs.trash(fixture.id)).expect("moved");

    assert_eq!(fixture.read(7, 0..7).expect("read"), b"content");
    assert!(fixture.file().exists());

    RUNTIME.block_on(fixture.blobs.purge(fixture.id)).expect("nothing there is fine");
    assert!(fixture.file().exists(), "only what lies in the trash is deleted");
    RUNTIME.block_on(fixture.blobs.trash(fixture.id)).expect("moved");
    RUNTIME.block_on(fixture.blobs.purge(fixture.id)).expect("deleted");
    assert!(matches!(fixture.read(7, 0..7), Err(BlobError::NotFound)));
}

#[test]
fn a_store_belongs_to_the_database_that_first_had_it() {
    let fixture = Fixture::new();
    let bind = |mark: Mark| RUNTIME.block_on(open(&fixture.folder).bind(mark));

    assert_eq!(bind(mark(3)).expect("its own"), 0, "the generation that was noted");
    RUNTIME.block_on(fixture.blobs.set_mark(mark(4))).expect("noted");
    assert_eq!(bind(mark(3)).expect("its own"), 4);
    let another = Mark { database: Uuid::from_u128(8), generation: 9 };
    assert!(matches!(bind(another), Err(BlobError::Foreign(whose)) if whose == mark(0).database));
}

#[test]
fn a_store_without_a_mark_is_taken_only_when_it_is_empty_and_the_database_never_had_one() {
    let fixture = Fixture::new();
    let bind = |mark: Mark| RUNTIME.block_on(open(&fixture.folder).bind(mark));
    let unmark = || std::fs::remove_file(fixture.root().join(MARK)).expect("removed");

    unmark();
    assert!(matches!(bind(mark(1)), Err(BlobError::Emptied)));
    assert_eq!(bind(mark(0)).expect("a new one"), 0);
    fixture.put(b"content", 7).expect("stored");
    unmark();
    assert!(matches!(bind(mark(0)), Err(BlobError::Unmarked)));
    RUNTIME.block_on(fixture.blobs.trash(fixture.id)).expect_err("the folder has no mark any more");
    std::fs::write(fixture.root().join(MARK), b"not ours").expect("written");
    assert!(matches!(bind(mark(0)), Err(BlobError::Unmarked)));
}

#[test]
fn nothing_is_written_to_a_store_that_has_turned_out_to_be_anothers() {
    let folder = tempfile::tempdir().expect("a folder");
    let away = folder.path().join("away");
    let blobs = open(&folder);
    std::fs::rename(folder.path().join("blobs"), &away).expect("moved");
    // A store that is away at the start is looked at when it is there.
    let _ = RUNTIME.block_on(blobs.bind(mark(1)));
    std::fs::rename(&away, folder.path().join("blobs")).expect("moved");
    RUNTIME.block_on(open(&folder).bind(Mark { database: Uuid::from_u128(8), generation: 0 })).expect("nobody's yet");

    let content = stream::iter([Ok::<_, Infallible>(Bytes::from_static(b"content"))]);
    let put = RUNTIME.block_on(blobs.put(Uuid::now_v7(), &FileKey::generate(), content, MAX_BYTES));

    assert!(matches!(put, Err(PutError::Store(BlobError::Foreign(_)))));
}

#[test]
fn secrets_of_a_bucket_do_not_print() {
    let settings = BlobSettings::S3 {
        bucket: "brevdue".to_owned(),
        region: None,
        endpoint: Some("http://localhost:9".to_owned()),
        credentials: Some(("an-access-key".into(), "a-secret-key".into())),
        allow_http: true,
    };
    assert!(!format!("{settings:?}").contains("-key"));
    assert!(BlobStore::open(&settings).is_ok());
}
