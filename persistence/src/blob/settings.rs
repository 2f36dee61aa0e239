//! Opening of the store.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::{BackoffConfig, ClientOptions, RetryConfig};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Semaphore;

use super::{BlobError, BlobStore, steps_at_a_time};
use crate::private::private_folder;

/// Parts of 256 KiB for a folder: memory stays small with many uploads at once.
const CHUNKS_PER_FOLDER_PART: usize = 4;
/// Parts just over 5 MiB, the least that S3 takes.
const CHUNKS_PER_S3_PART: usize = 80;

/// A request to S3 fails rather than keeping a citizen waiting for minutes.
const S3_RETRY_TIMEOUT: Duration = Duration::from_secs(10);
const S3_RETRIES: usize = 3;
const S3_CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// Of a whole answer. A slow reader of 30 MB must fit in.
const S3_REQUEST_TIMEOUT: Duration = Duration::from_secs(300);
/// Of each wait for the next bytes.
const S3_READ_TIMEOUT: Duration = Duration::from_secs(20);

/// Where the bytes are kept.
#[derive(Clone, Debug)]
pub enum BlobSettings {
    /// A local folder, made if it is not there.
    Folder(PathBuf),
    /// A bucket of S3 or of a store that speaks its protocol.
    S3 {
        /// The bucket.
        bucket: String,
        /// The region, where the store has regions.
        region: Option<String>,
        /// The address, where it is not Amazon's.
        endpoint: Option<String>,
        /// The name of the access key and the key; the machine's own role where there are none.
        credentials: Option<(SecretString, SecretString)>,
        /// Whether the address may be one without TLS. The bytes are encrypted either way; the ids are not.
        allow_http: bool,
    },
}

fn room() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(steps_at_a_time()))
}

impl BlobStore {
    /// Opens the store. A folder is made where there is none, a bucket is not touched: [`BlobStore::check`] tells whether it
    /// answers.
    ///
    /// # Errors
    /// The folder cannot be made, or the settings of the bucket do not fit together.
    pub(crate) fn open(settings: &BlobSettings) -> Result<Self, BlobError> {
        match settings {
            BlobSettings::Folder(folder) => Self::open_folder(folder),
            BlobSettings::S3 { bucket, region, endpoint, credentials, allow_http } => {
                let mut builder = AmazonS3Builder::new()
                    .with_bucket_name(bucket)
                    .with_allow_http(*allow_http)
                    .with_client_options(
                        ClientOptions::new()
                            .with_allow_http(*allow_http)
                            .with_connect_timeout(S3_CONNECT_TIMEOUT)
                            .with_read_timeout(S3_READ_TIMEOUT)
                            .with_timeout(S3_REQUEST_TIMEOUT),
                    )
                    .with_retry(RetryConfig {
                        backoff: BackoffConfig::default(),
                        max_retries: S3_RETRIES,
                        retry_timeout: S3_RETRY_TIMEOUT,
                    });
                if let Some((id, key)) = credentials {
                    builder =
                        builder.with_access_key_id(id.expose_secret()).with_secret_access_key(key.expose_secret());
                }
                if let Some(region) = region {
                    builder = builder.with_region(region);
                }
                if let Some(endpoint) = endpoint {
                    builder = builder.with_endpoint(endpoint);
                }
                let store = Arc::new(builder.build()?);
                Ok(Self {
                    store,
                    folder: None,
                    chunks_per_part: CHUNKS_PER_S3_PART,
                    owner: Arc::default(),
                    room: room(),
                })
            }
        }
    }

    fn open_folder(folder: &Path) -> Result<Self, BlobError> {
        private_folder(folder).map_err(BlobError::unavailable)?;
        let store = LocalFileSystem::new_with_prefix(folder)?.with_fsync(true);
        let folder = Some(folder.to_owned());
        Ok(Self {
            store: Arc::new(store),
            folder,
            chunks_per_part: CHUNKS_PER_FOLDER_PART,
            owner: Arc::default(),
            room: room(),
        })
    }
}
