//! The configuration file: what is about the machine and the network, not about the home.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, Result, anyhow};
use auth_core::Network;
use auth_login::client::Origin;
use home::{PasskeyVerifier, SignOnProvider};
use http_adapter::{AllowedOrigins, ServeOptions, Tls, TlsFiles, Trust, TrustedProxies, Web};
use serde::Deserialize;

use crate::sign_on::{Provider, providers};

/// The file as it is written, in TOML. Names that are not known are refused.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    http: Http,
    passkeys: Option<PasskeyOrigin>,
    /// Identity providers that people can sign in with.
    single_sign_on: Vec<Provider>,
}

/// By which address users know the hub.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PasskeyOrigin {
    /// Such as `https://home.example`.
    origin: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Http {
    /// Where to listen; `--listen` goes before it.
    listen: Option<SocketAddr>,
    /// Reverse proxies that are believed: addresses and networks.
    trusted_proxies: Vec<String>,
    /// Origins of other pages that may use the API.
    cors_allowed_origins: Vec<String>,
    /// PEM: the server's certificate and what leads up from it.
    tls_certificate: Option<PathBuf>,
    /// PEM: its private key.
    tls_key: Option<PathBuf>,
    max_connections: Option<usize>,
    max_connections_per_address: Option<usize>,
}

/// How the hub is reached, and whom it believes.
#[derive(Clone, Debug)]
pub(crate) struct Reached {
    pub(crate) listen: SocketAddr,
    pub(crate) trust: Arc<Trust>,
    pub(crate) web: Web,
    pub(crate) tls: Option<Tls>,
    pub(crate) serve: ServeOptions,
}

const LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8123);

impl Config {
    /// Reads a file; the defaults without one.
    pub(crate) fn read(file: Option<&Path>) -> Result<Self> {
        let Some(file) = file else { return Ok(Self::default()) };
        let name = file.display();
        let text = std::fs::read_to_string(file).with_context(|| format!("reading {name}"))?;
        toml::from_str(&text).map_err(|error| {
            // One line, as everywhere: where, and what.
            let line = error.span().map_or(1, |span| 1 + text.bytes().take(span.start).filter(|b| *b == b'\n').count());
            anyhow!("{name}:{line}: {}", error.message().replace('\n', "; "))
        })
    }

    /// Returns what checks passkeys, if the file names an origin for them.
    #[cfg(feature = "passkeys")]
    pub(crate) fn passkeys(&self) -> Result<Option<Arc<dyn PasskeyVerifier>>> {
        let Some(PasskeyOrigin { origin }) = &self.passkeys else { return Ok(None) };
        let verifier = passkeys::Passkeys::new(origin).context("passkeys.origin")?;
        Ok(Some(Arc::new(verifier)))
    }

    /// Returns what checks passkeys: nothing, in a hub that was built without.
    #[cfg(not(feature = "passkeys"))]
    pub(crate) fn passkeys(&self) -> Result<Option<Arc<dyn PasskeyVerifier>>> {
        match &self.passkeys {
            None => Ok(None),
            Some(PasskeyOrigin { origin }) => {
                Err(anyhow!("passkeys.origin: {origin}: this hub was built without passkeys (the feature `passkeys`)"))
            }
        }
    }

    /// Takes the identity providers seriously: addresses, secrets, mappings. Nobody is asked anything.
    pub(crate) fn single_sign_on(&self) -> Result<Vec<SignOnProvider>> {
        providers(&self.single_sign_on)
    }

    /// Takes everything else in it seriously: networks, origins, certificate files.
    pub(crate) fn reached(&self, listen: Option<SocketAddr>) -> Result<Reached> {
        let Http { trusted_proxies, cors_allowed_origins, .. } = &self.http;
        let networks = trusted_proxies.iter().map(|text| text.parse::<Network>().map_err(|error| anyhow!(error)));
        let networks = networks.collect::<Result<Vec<_>>>().context("http.trusted_proxies")?;
        let origins = cors_allowed_origins.iter().map(|text| {
            Origin::parse(text).map_err(|_| anyhow!("`{text}` is no origin such as https://cast.home-assistant.io"))
        });
        let origins = origins.collect::<Result<Vec<_>>>().context("http.cors_allowed_origins")?;
        let tls = match (&self.http.tls_certificate, &self.http.tls_key) {
            (None, None) => None,
            (Some(certificate), Some(key)) => {
                let files = TlsFiles { certificate: certificate.clone(), key: key.clone() };
                Some(Tls::load(files).context("http.tls_certificate")?)
            }
            _ => return Err(anyhow!("http.tls_certificate and http.tls_key go together")),
        };
        let default = ServeOptions::default();
        let per_address = self.http.max_connections_per_address.unwrap_or(default.max_connections_per_address);
        Ok(Reached {
            listen: listen.or(self.http.listen).unwrap_or(LISTEN),
            trust: Arc::new(Trust { proxies: TrustedProxies(networks), origins: AllowedOrigins(origins) }),
            web: Web::None,
            tls,
            serve: ServeOptions {
                max_connections: self.http.max_connections.unwrap_or(default.max_connections).max(1),
                max_connections_per_address: per_address.max(1),
                ..default
            },
        })
    }
}

impl Reached {
    /// Returns what a hub of which nothing is configured has.
    pub(crate) fn plain(listen: SocketAddr) -> Self {
        Self { listen, trust: Arc::default(), web: Web::None, tls: None, serve: ServeOptions::default() }
    }

    /// Returns how addresses of the hub begin.
    pub(crate) const fn scheme(&self) -> &'static str {
        if self.tls.is_some() { "https" } else { "http" }
    }
}
