//! What informs: to-do lists, weather, calendars, notifications.

use service_bus::{Field, Kind};

use crate::{
    feature::{calendar, todo, weather},
    table::{Domain, may, must},
};

pub(crate) fn domains() -> Vec<Domain> {
    vec![
        Domain::new("todo")
            .reads("get_items", 0, vec![may("status", Kind::Texts)])
            .acts("add_item", todo::CREATE_ITEM, {
                let mut fields = vec![must("item", Kind::Text)];
                fields.extend(item_details());
                fields
            })
            .acts("update_item", todo::UPDATE_ITEM, {
                let status = Kind::Choice(&["needs_action", "completed"]);
                let mut fields = vec![must("item", Kind::Text), may("rename", Kind::Text), may("status", status)];
                fields.extend(item_details());
                fields
            })
            .acts("remove_item", todo::DELETE_ITEM, vec![must("item", Kind::Texts)])
            .acts("remove_completed_items", todo::DELETE_ITEM, vec![]),
        Domain::new("weather").reads(
            "get_forecasts",
            weather::FORECAST_DAILY | weather::FORECAST_HOURLY | weather::FORECAST_TWICE_DAILY,
            vec![must("type", Kind::Choice(&["daily", "hourly", "twice_daily"]))],
        ),
        Domain::new("calendar")
            .reads(
                "get_events",
                0,
                vec![may("start_date_time", Kind::Text), may("end_date_time", Kind::Text), may("duration", Kind::Any)],
            )
            .acts(
                "create_event",
                calendar::CREATE_EVENT,
                vec![
                    must("summary", Kind::Text),
                    may("description", Kind::Text),
                    may("location", Kind::Text),
                    may("start_date_time", Kind::Text),
                    may("end_date_time", Kind::Text),
                    may("start_date", Kind::Text),
                    may("end_date", Kind::Text),
                    may("in", Kind::Object),
                ],
            ),
        Domain::new("notify").acts("send_message", 0, vec![must("message", Kind::Text), may("title", Kind::Text)]),
    ]
}

fn item_details() -> [Field; 3] {
    ["due_date", "due_datetime", "description"].map(|name| may(name, Kind::Any))
}
