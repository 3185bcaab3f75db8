//! TLS towards a broker: whom to trust, and why not. The broker's certificate is always verified.

use std::sync::Arc;

use rustls::{
    CertificateError, ClientConfig, Error, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use secrecy::ExposeSecret;

use super::ConnectError;
use crate::settings::Settings;

/// Returns the configuration that the settings ask for. Reads the system's certificates if no other is to be trusted:
/// call it where blocking for a moment does no harm.
pub(super) fn config(settings: &Settings) -> Result<Arc<ClientConfig>, ConnectError> {
    let mut roots = RootCertStore::empty();
    if let Some(pem) = &settings.certificate {
        let certificates = CertificateDer::pem_slice_iter(pem.as_bytes());
        let certificates: Result<Vec<_>, _> = certificates.collect();
        let certificates = certificates.map_err(|_| BAD_CA)?;
        let (added, ignored) = roots.add_parsable_certificates(certificates);
        if added == 0 || ignored > 0 {
            return Err(BAD_CA);
        }
    } else {
        let (added, _) = roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if added == 0 {
            return Err(ConnectError::BadTls("this system has no certificates to trust; give one in `certificate`"));
        }
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|_| ConnectError::BadTls("TLS cannot be used"))?
        .with_root_certificates(roots);
    let config = match (&settings.client_cert, &settings.client_key) {
        (Some(certificate), Some(key)) => {
            let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(certificate.as_bytes()).collect();
            let chain = chain.ok().filter(|chain| !chain.is_empty()).ok_or(BAD_CLIENT)?;
            let key = PrivateKeyDer::from_pem_slice(key.expose_secret().as_bytes()).map_err(|_| BAD_CLIENT)?;
            builder.with_client_auth_cert(chain, key).map_err(|_| BAD_CLIENT)?
        }
        (None, None) => builder.with_no_client_auth(),
        _ => return Err(ConnectError::BadTls("a client certificate and its key go together")),
    };
    Ok(Arc::new(config))
}

const BAD_CA: ConnectError = ConnectError::BadTls("`certificate` is no certificate in PEM");
const BAD_CLIENT: ConnectError = ConnectError::BadTls("the client certificate or its key cannot be used");

/// Returns what is wrong with the broker's certificate, if that is what the error is about.
pub(super) fn untrusted(error: &Error) -> Option<ConnectError> {
    let why = match error {
        Error::InvalidCertificate(error) => match error {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => "has expired",
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => "is not valid yet",
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                "is for another host name"
            }
            // Signed by somebody else of the same name, or by nobody known.
            CertificateError::BadSignature | CertificateError::UnknownIssuer => {
                "is not signed by anybody who is trusted"
            }
            CertificateError::Revoked => "has been revoked",
            _ => "is not valid",
        },
        Error::NoCertificatesPresented => "is missing",
        _ => return None,
    };
    Some(ConnectError::UntrustedBroker(why))
}
