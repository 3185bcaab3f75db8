//! The panels: which pages of the frontend can be opened, and by whom.

use serde_json::{Value, json};

/// One panel. Its page is opened at `/<url_path>` and whatever is below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Panel {
    /// The first part of the path.
    pub url_path: &'static str,
    /// Which of the frontend's panels it is.
    pub component_name: &'static str,
    /// Its icon in the sidebar.
    pub icon: Option<&'static str>,
    /// Its title, or the key of one that the frontend has.
    pub title: Option<&'static str>,
    /// For administrators alone: others are not told of it.
    pub is_admin: bool,
    /// Shown in the sidebar.
    pub in_sidebar: bool,
    /// The page that it shows, for a panel that is a frame.
    pub frame: Option<&'static str>,
}

macro_rules! panels {
    ($($url_path:literal $component:literal $icon:expr, $title:expr, $admin:literal $sidebar:literal $frame:expr;)*) => {
        /// Every panel there is. Those of Home Assistant have its names, icons and places; the last is Doorward's own.
        pub const PANELS: &[Panel] = &[$(Panel {
            url_path: $url_path,
            component_name: $component,
            icon: $icon,
            title: $title,
            is_admin: $admin,
            in_sidebar: $sidebar,
            frame: $frame,
        },)*];
    };
}

panels! {
    // path        component                              title                 admin sidebar frame
    "home"         "home"        Some("mdi:home"),             Some("home"),         false false None;
    "light"        "light"       Some("mdi:lamps"),            Some("light"),        false false None;
    "climate"      "climate"     Some("mdi:home-thermometer"), Some("climate"),      false false None;
    "security"     "security"    Some("mdi:security"),         Some("security"),     false false None;
    "maintenance"  "maintenance" Some("mdi:wrench"),           Some("maintenance"),  false false None;
    "lovelace"     "lovelace"    None,                         None,                 false true  None;
    "calendar"     "calendar"    Some("mdi:calendar"),         Some("calendar"),     false true  None;
    "history"      "history"     Some("mdi:chart-box"),        Some("history"),      false true  None;
    "logbook"      "logbook"     Some("mdi:format-list-bulleted-type"), Some("logbook"), false true None;
    "config"       "config"      Some("mdi:cog"),              Some("config"),       true  true  None;
    "profile"      "profile"     None,                         None,                 false true  None;
    "notfound"     "notfound"    None,                         None,                 false true  None;
    "permissions"  "iframe"      Some("mdi:shield-account"),   Some("Permissions"),  true  true  Some("/doorward");
}

impl Panel {
    /// Returns it as `get_panels` shows it.
    pub fn to_wire(&self) -> Value {
        json!({
            "component_name": self.component_name,
            "icon": self.icon,
            "title": self.title,
            "default_visible": true,
            "config": self.frame.map(|url| json!({"url": url})),
            "url_path": self.url_path,
            "require_admin": self.is_admin,
            "config_panel_domain": null,
            "show_in_sidebar": self.in_sidebar,
        })
    }
}
