//! A page: its template rendered, and the content security policy that lets it do what it does and no more.

use base64::{Engine, engine::general_purpose::STANDARD};
use minijinja::{Environment, context};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::THEME_COLOR;

/// One of the frontend's pages, ready to be sent.
#[derive(Debug, PartialEq, Eq)]
pub struct Page {
    html: String,
    policy: String,
}

/// A template that cannot be rendered.
#[derive(Debug, Error)]
#[error("{0}")]
pub struct BadTemplate(String);

impl Page {
    /// Renders a page. Nothing is added to it: there are no extra modules here.
    pub(crate) fn render(template: &str) -> Result<Self, BadTemplate> {
        let none: [&str; 0] = [];
        let values = context! { theme_color => THEME_COLOR, extra_modules => none, extra_js_es5 => none };
        let mut environment = Environment::new();
        environment.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
        environment.set_fuel(Some(100_000));
        let html = environment.render_str(template, values).map_err(|error| BadTemplate(error.to_string()))?;
        if !html.contains("</html>") {
            return Err(BadTemplate("it is no page".to_owned()));
        }
        let policy = policy_for(&html);
        Ok(Self { html, policy })
    }

    /// Returns the page.
    pub fn html(&self) -> &str {
        &self.html
    }

    /// Returns the value of its `Content-Security-Policy`: scripts and connections of its own origin, and the scripts that
    /// are written in it by their hashes (CSP level 3, section 8.3). Styles may be written anywhere, since the frontend's
    /// elements do so.
    pub fn policy(&self) -> &str {
        &self.policy
    }

    /// Returns the files of scripts that the page names, below the package's folder.
    pub fn scripts(&self) -> impl Iterator<Item = &str> {
        let quoted = self.html.split('"').filter_map(|text| text.strip_prefix('/'));
        quoted.filter(|path| {
            let is_script = path.starts_with("frontend_latest/") || path.starts_with("frontend_es5/");
            is_script && path.ends_with(".js")
        })
    }
}

fn policy_for(html: &str) -> String {
    let mut policy = String::from("default-src 'none'; script-src 'self' 'wasm-unsafe-eval'");
    for script in inline_scripts(html) {
        let hash = STANDARD.encode(Sha256::digest(script.as_bytes()));
        policy.push_str(&format!(" 'sha256-{hash}'"));
    }
    policy.push_str(
        "; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; media-src 'self' blob:; \
         connect-src 'self' data:; worker-src 'self' blob:; manifest-src 'self'; frame-src 'self'; form-action 'self'; \
         base-uri 'self'; frame-ancestors 'self'",
    );
    policy
}

/// Returns what is written between the tags of scripts that have no address.
fn inline_scripts(html: &str) -> impl Iterator<Item = &str> {
    html.split("<script").skip(1).filter_map(|rest| {
        let (attributes, rest) = rest.split_once('>')?;
        let (script, _) = rest.split_once("</script>")?;
        (!attributes.contains(" src=") && !script.is_empty()).then_some(script)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_rendered_and_its_scripts_are_named_by_hash() {
        let template = "<html><meta content=\"{{ theme_color }}\"><script src=\"/x.js\"></script>\
             <script crossorigin=\"use-credentials\">go()</script><script>\
             {%- for extra_module in extra_modules -%}import(\"{{ extra_module }}\"){%- endfor -%}\
             {%- for extra_script in extra_js_es5 -%}_ls(\"{{ extra_script }}\"){%- endfor -%}\
             import(\"/frontend_latest/app.1.js\")</script></html>";
        let page = Page::render(template).unwrap();
        assert!(page.html().contains(&format!("content=\"{THEME_COLOR}\"")), "{}", page.html());
        assert!(!page.html().contains('{'), "{}", page.html());
        assert_eq!(page.scripts().collect::<Vec<_>>(), ["frontend_latest/app.1.js"]);
        // `printf 'go()' | openssl dgst -sha256 -binary | base64`
        assert!(page.policy().contains("'sha256-5KYv+PUboo5h+0+YAtGRPbwv5d/QxzHslP4YGnUaxRw='"), "{}", page.policy());
        assert_eq!(page.policy().matches("sha256-").count(), 2);
        assert!(!page.policy().contains("script-src 'self' 'unsafe"));
    }

    #[test]
    fn what_is_no_template_is_refused() {
        for bad in [
            "<html>{{ other }}</html>",
            "<html>{% for %}</html>",
            "",
            "{% for x in range(1000000) %}{% endfor %}</html>",
        ] {
            assert!(Page::render(bad).is_err(), "{bad}");
        }
    }
}
