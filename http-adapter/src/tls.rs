//! Encrypted sockets: certificate files, read again when they change.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use arc_swap::ArcSwap;
use rustls::{
    ServerConfig,
    crypto::ring::default_provider,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};

/// Where the certificate and its key are: PEM, the server's own certificate first, then those in between.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate and what leads up from it.
    pub certificate: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

/// What encrypted sockets are opened with. Cheap to clone.
#[derive(Clone)]
pub struct Tls {
    files: Arc<TlsFiles>,
    current: Arc<ArcSwap<Loaded>>,
}

struct Loaded {
    config: Arc<ServerConfig>,
    changed_at: [Option<SystemTime>; 2],
}

/// A certificate or key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("{path}: {reason}")]
    File {
        /// Which.
        path: String,
        /// Why.
        reason: String,
    },
    /// They do not fit together.
    #[error("certificate and key: {0}")]
    Pair(rustls::Error),
}

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    /// [`TlsError`].
    pub fn load(files: TlsFiles) -> Result<Self, TlsError> {
        let loaded = read(&files)?;
        Ok(Self { files: Arc::new(files), current: Arc::new(ArcSwap::from_pointee(loaded)) })
    }

    /// Reads the files again if they have changed. Returns whether they had. What is in use stays if they are no good, and
    /// they are looked at again next time.
    ///
    /// # Errors
    /// [`TlsError`].
    pub fn reload(&self) -> Result<bool, TlsError> {
        if times(&self.files) == self.current.load().changed_at {
            return Ok(false);
        }
        self.current.store(Arc::new(read(&self.files)?));
        Ok(true)
    }

    pub(crate) fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.current.load().config)
    }
}

fn times(files: &TlsFiles) -> [Option<SystemTime>; 2] {
    [&files.certificate, &files.key].map(|path| path.metadata().and_then(|file| file.modified()).ok())
}

fn read(files: &TlsFiles) -> Result<Loaded, TlsError> {
    // Before the contents: a change in between is found the next time.
    let changed_at = times(files);
    let file = |path: &Path, reason: &dyn std::fmt::Display| TlsError::File {
        path: path.display().to_string(),
        reason: reason.to_string(),
    };
    let chain = CertificateDer::pem_file_iter(&files.certificate).map_err(|error| file(&files.certificate, &error))?;
    let chain = chain.collect::<Result<Vec<_>, _>>().map_err(|error| file(&files.certificate, &error))?;
    if chain.is_empty() {
        return Err(file(&files.certificate, &"there is no certificate in it"));
    }
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|error| file(&files.key, &error))?;
    let builder = ServerConfig::builder_with_provider(Arc::new(default_provider()));
    let builder = builder.with_safe_default_protocol_versions().map_err(TlsError::Pair)?;
    let mut config = builder.with_no_client_auth().with_single_cert(chain, key).map_err(TlsError::Pair)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Loaded { config: Arc::new(config), changed_at })
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Tls").field(&self.files).finish()
    }
}
