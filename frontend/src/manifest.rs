//! The web app manifest: what a browser needs to put the frontend on a home screen.

use serde_json::{Value, json};

/// The colour of the frontend's bar, for browsers that paint their own around it.
pub const THEME_COLOR: &str = "#2980b9";

/// Returns the manifest (W3C Web Application Manifest). The same for everybody, before anybody has logged in: it says
/// nothing of the home, not even its name. The icons are the package's.
pub fn web_app_manifest() -> Value {
    let icon = |size: u16, purpose: &str, file: &str| {
        json!({
            "src": format!("/static/icons/{file}-{size}x{size}.png"),
            "sizes": format!("{size}x{size}"),
            "type": "image/png",
            "purpose": purpose,
        })
    };
    let plain = [192, 384, 512, 1024].map(|size| icon(size, "any", "favicon"));
    let maskable = [48, 72, 96, 128, 192, 384, 512].map(|size| icon(size, "maskable", "maskable_icon"));
    let icons: Vec<_> = plain.into_iter().chain(maskable).collect();
    json!({
        "id": "/?homescreen=1",
        "start_url": "/?homescreen=1",
        "name": "Doorward",
        "short_name": "Doorward",
        "lang": "en",
        "dir": "ltr",
        "display": "standalone",
        "background_color": "#ffffff",
        "theme_color": THEME_COLOR,
        "icons": icons,
    })
}
