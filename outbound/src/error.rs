//! Why there was no answer.

use std::{error::Error as _, io};

use crate::resolve::Refused;

/// Why there was no answer. Holds no URL, no header and no body, so it can be shown and logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// This is not a URL of a web server, or it has a user name in it.
    #[error("this is not an http or https address")]
    InvalidUrl,
    /// A header is not one.
    #[error("a header cannot be sent")]
    InvalidHeader,
    /// What is reached over the public internet is reached over https alone.
    #[error("only https addresses are allowed here")]
    NotHttps,
    /// The host is, or resolves to, an address that may not be reached.
    #[error("the address is not one that may be reached")]
    ForbiddenAddress,
    /// The name could not be resolved, or nobody answered there.
    #[error("could not connect")]
    Connect,
    /// The other side could not prove who it is.
    #[error("no secure connection could be made")]
    Tls,
    /// It took too long.
    #[error("the answer took too long")]
    Timeout,
    /// The answer is longer than it may be.
    #[error("the answer is too long")]
    TooLarge,
    /// The connection broke, or what came was no HTTP.
    #[error("the connection broke")]
    Broken,
    /// The machine has no root certificates.
    #[error("there are no root certificates")]
    NoRoots,
}

impl From<reqwest::Error> for Error {
    fn from(error: reqwest::Error) -> Self {
        // The cause is what lies deepest; a time-out while connecting is a time-out.
        let mut cause = error.source();
        let mut timed_out = error.is_timeout();
        while let Some(this) = cause {
            let within = this.downcast_ref::<io::Error>();
            timed_out |= within.is_some_and(|error| error.kind() == io::ErrorKind::TimedOut);
            // An I/O error hides what it is made of from `source`.
            let inner = within.and_then(io::Error::get_ref).map(|inner| inner as &(dyn std::error::Error + 'static));
            for this in [Some(this), inner].into_iter().flatten() {
                if this.is::<Refused>() {
                    return Self::ForbiddenAddress;
                }
                if this.is::<rustls::Error>() {
                    return Self::Tls;
                }
            }
            cause = inner.or_else(|| this.source());
        }
        if timed_out {
            Self::Timeout
        } else if error.is_connect() {
            Self::Connect
        } else if error.is_builder() {
            Self::InvalidUrl
        } else {
            Self::Broken
        }
    }
}
