//! What is shown at the hub's address when there is no frontend to show: why, and what to do. The API goes on meanwhile.

use frontend::{NoFrontend, VERSION};

/// The policy of these pages: they load nothing.
pub(super) const POLICY: &str = "default-src 'none'; frame-ancestors 'self'";

/// Says that no frontend was asked for.
pub(super) fn nothing_to_show() -> String {
    notice(
        "Doorward is running",
        "<p>This hub was started without a web frontend. Apps and programs use it as it is.</p>",
    )
}

/// Says why the frontend that was asked for is not shown.
pub(super) fn unusable(reason: &NoFrontend) -> String {
    let more = match reason {
        NoFrontend::OtherVersion(_) | NoFrontend::UnknownVersion => {
            "<p>Or start the hub with <code>--frontend-release any</code> to use what is there: pages may then ask for what \
             this hub does not have.</p>"
        }
        NoFrontend::NoPackage | NoFrontend::Missing(_) | NoFrontend::Unreadable(..) | NoFrontend::Template(..) => "",
    };
    let reason = escaped(&reason.to_string());
    notice("The web frontend cannot be shown", &format!("<p>Its files cannot be used: {reason}.</p>{more}"))
}

fn notice(title: &str, said: &str) -> String {
    format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><meta name=\"color-scheme\" content=\"light dark\">\
         </head><body><main><h1>{title}</h1>{said}\
         <p>To have Home Assistant's web frontend here, unpack its package into an empty directory and name that directory:</p>\
         <pre>pip install --target frontend --no-deps --ignore-requires-python \\\n    home-assistant-frontend=={VERSION}\n\
         doorward serve --data DIR --frontend frontend</pre>\
         <p>Who may do what is looked after at <a href=\"/doorward\">/doorward</a>. The API is at <code>/api/</code>.</p>\
         </main></body></html>"
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
