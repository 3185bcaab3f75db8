//! Weather.

use auth_core::Timestamp;
use components::feature::weather as feature;
use serde_json::{Map, Value, json};

use super::{
    Answer, Ask, Model, Tick,
    convert::{noise, rounded, swing},
    invalid, members,
};

/// The weather, and what it will be: always the same for the same hour of the same year's day.
#[derive(Clone)]
pub(crate) struct Weather {
    hour: u64,
    twice_daily: bool,
}

impl Weather {
    pub(crate) fn new(now: Timestamp) -> Self {
        Self { hour: hour_of(now), twice_daily: true }
    }

    /// Returns condition, degrees, percent of humidity and of rain, and wind, at an hour.
    fn at(hour: u64) -> (&'static str, f64, f64, f64, f64) {
        let day = hour / 24;
        let season = swing(day, 365);
        let degrees = 9.0 + 8.0 * season + 4.0 * swing(hour + 21, 24) + 2.0 * noise(1, day);
        let wet = noise(2, hour / 5);
        let condition = match wet {
            w if w > 0.7 => "pouring",
            w if w > 0.4 => "rainy",
            w if w > 0.0 => "cloudy",
            w if w > -0.4 => "partlycloudy",
            _ => "sunny",
        };
        let (humidity, rain) = (65.0 + 25.0 * wet, (wet - 0.2).max(0.0) * 100.0);
        (
            condition,
            rounded(degrees, 1),
            rounded(humidity, 0),
            rounded(rain, 0),
            rounded(14.0 + 9.0 * noise(3, hour), 1),
        )
    }

    fn forecast(hour: u64) -> Map<String, Value> {
        let (condition, degrees, humidity, rain, wind) = Self::at(hour);
        members(json!({
            "datetime": Timestamp::from_secs(i64::try_from(hour * 3_600).unwrap_or(i64::MAX)).to_string(),
            "condition": condition,
            "precipitation_probability": rain,
            "temperature": degrees,
            "precipitation": rounded(rain / 12.0, 1),
            "humidity": humidity,
            "wind_speed": wind,
            "wind_bearing": rounded(180.0 + 180.0 * noise(4, hour / 8), 0),
        }))
    }

    fn forecasts(&self, kind: &str) -> Option<Vec<Map<String, Value>>> {
        let midnight = self.hour - self.hour % 24;
        let with_low = |hour: u64, n: u64| {
            let mut forecast = Self::forecast(hour + 12);
            let low = (hour..hour + n).map(|h| Self::at(h).1).fold(f64::MAX, f64::min);
            forecast.insert("templow".to_owned(), json!(low));
            forecast
        };
        match kind {
            "hourly" => Some((0..24).map(|n| Self::forecast(self.hour + n)).collect()),
            "daily" => Some((0..7).map(|n| with_low(midnight + n * 24, 24)).collect()),
            "twice_daily" if self.twice_daily => Some(
                (0..10)
                    .map(|n| {
                        let mut forecast = with_low(midnight + n * 12, 12);
                        forecast.insert("is_daytime".to_owned(), json!(n % 2 == 0));
                        forecast
                    })
                    .collect(),
            ),
            _ => None,
        }
    }
}

impl Model for Weather {
    fn features(&self) -> Option<u64> {
        let always = feature::FORECAST_DAILY | feature::FORECAST_HOURLY;
        Some(if self.twice_daily { always | feature::FORECAST_TWICE_DAILY } else { always })
    }

    fn state(&self) -> String {
        Self::at(self.hour).0.to_owned()
    }

    fn attributes(&self) -> Map<String, Value> {
        let (_, degrees, humidity, _, wind) = Self::at(self.hour);
        members(json!({
            "temperature": degrees,
            "temperature_unit": "°C",
            "humidity": humidity,
            "pressure": rounded(1_013.0 + 12.0 * noise(5, self.hour / 6), 1),
            "pressure_unit": "hPa",
            "wind_speed": wind,
            "wind_speed_unit": "km/h",
            "visibility_unit": "km",
            "precipitation_unit": "mm",
            "attribution": "Made up by Doorward's demo home",
        }))
    }

    fn call(&mut self, ask: &Ask<'_>) -> Answer {
        if ask.service != "get_forecasts" {
            return Err(ask.unsupported());
        }
        let kind = ask.text("type").unwrap_or_default();
        let forecast = self.forecasts(kind);
        let forecast = forecast.ok_or_else(|| invalid(format!("{} has no such forecast", ask.entity_id)))?;
        Ok(Some(json!({"forecast": forecast})))
    }

    fn step(&mut self, tick: Tick) -> bool {
        let before = std::mem::replace(&mut self.hour, hour_of(tick.at));
        before != self.hour
    }
}

/// Returns the hours since 1970.
fn hour_of(at: Timestamp) -> u64 {
    u64::try_from(at.as_secs() / 3_600).unwrap_or(0)
}
