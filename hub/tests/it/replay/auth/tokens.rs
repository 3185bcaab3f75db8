//! Access tokens made by hand, from the key that the recorded home's file has.

use std::time::{SystemTime, UNIX_EPOCH};

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use super::player::Player;
use crate::import;

impl Player {
    /// Makes the token that an exchange describes.
    pub(super) fn token_by_hand(&mut self, what: &str) {
        let issued = self.token("owner");
        let issuer = issuer(&issued);
        let stored = import::read("ha-config/.storage/auth");
        let stored = stored["data"]["refresh_tokens"].as_array().unwrap().iter().find(|token| token["id"] == issuer);
        let key = stored.unwrap()["jwt_key"].as_str().unwrap().to_owned();
        let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap();
        let claims = |iat: i64, exp: i64| json!({"iss": issuer, "iat": iat, "exp": exp});
        let good = claims(now, now + 1800);
        let without = |name: &str| {
            let mut claims = good.clone();
            claims.as_object_mut().unwrap().remove(name);
            claims
        };
        let with_issuer = |issuer: Value| json!({"iss": issuer, "iat": now, "exp": now + 1800});
        let (claims, key, algorithm) = match what {
            "expired" => (claims(now - 3600, now - 1800), key, Algorithm::HS256),
            "expired 5 s ago" => (claims(now - 1805, now - 5), key, Algorithm::HS256),
            "issued in the future" => (claims(now + 3600, now + 5400), key, Algorithm::HS256),
            "valid, made by hand" => (good, key, Algorithm::HS256),
            "no exp claim" => (without("exp"), key, Algorithm::HS256),
            "no iat claim" => (without("iat"), key, Algorithm::HS256),
            "no iss" => (without("iss"), key, Algorithm::HS256),
            "wrong key" => (good, "wrong".to_owned(), Algorithm::HS256),
            "unknown iss" => (with_issuer(json!("0".repeat(32))), key, Algorithm::HS256),
            "iss not a string" => (with_issuer(json!(5)), key, Algorithm::HS256),
            "HS512" => (good, key, Algorithm::HS512),
            "last character changed" => {
                self.access = changed(&issued);
                return;
            }
            // The recording has the whole token.
            "alg none" => return,
            what => panic!("{what}?"),
        };
        self.access = encode(&Header::new(algorithm), &claims, &EncodingKey::from_secret(key.as_bytes())).unwrap();
    }
}

/// Returns the token with another signature: its last character has two bits that mean nothing, so not the next one.
fn changed(token: &str) -> String {
    let (rest, last) = token.split_at(token.len() - 1);
    format!("{rest}{}", if last == "A" { "Q" } else { "A" })
}

/// Returns the id of the refresh token that an access token belongs to.
pub(super) fn issuer(token: &str) -> String {
    let claims = jsonwebtoken::dangerous::insecure_decode::<Value>(token).unwrap().claims;
    claims["iss"].as_str().unwrap().to_owned()
}
