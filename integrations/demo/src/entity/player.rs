//! Media players.

use auth_core::Timestamp;
use components::feature::media_player as feature;
use serde_json::{Map, Value, json};

use super::{Answer, Ask, Model, Tick, answer::short, convert::rounded, invalid};

/// A media player with a playlist, or with sources, or with both.
#[derive(Clone)]
pub(crate) struct Player {
    state: &'static str,
    volume: f64,
    muted: bool,
    sources: &'static [&'static str],
    source: Option<&'static str>,
    sound_mode: &'static str,
    tracks: &'static [Track],
    track: usize,
    /// What it was told to play instead of its playlist: kind and id.
    told: Option<(String, String)>,
    shuffle: bool,
    repeat: &'static str,
    /// Seconds, and when that was true.
    position: Option<(f64, Timestamp)>,
    /// Seconds that the track has been playing.
    played: u32,
}

/// A piece of music, or an episode.
#[derive(Debug)]
pub(crate) struct Track {
    pub(crate) title: &'static str,
    pub(crate) artist: &'static str,
    pub(crate) album: &'static str,
    /// Seconds.
    pub(crate) duration: u32,
}

impl Player {
    pub(crate) const fn new(state: &'static str, tracks: &'static [Track]) -> Self {
        Self {
            state,
            volume: 0.5,
            muted: false,
            sources: &[],
            source: None,
            sound_mode: "Music",
            tracks,
            track: 0,
            told: None,
            shuffle: false,
            repeat: "off",
            position: None,
            played: 0,
        }
    }

    pub(crate) fn with_sources(self, sources: &'static [&'static str], source: &'static str) -> Self {
        Self { sources, source: Some(source), ..self }
    }

    /// Goes to another track of the playlist, round and round.
    fn go(&mut self, forward: bool) {
        let n = self.tracks.len().max(1);
        self.track = if forward { self.track + 1 } else { self.track + n - 1 } % n;
        (self.told, self.position, self.played) = (None, None, 0);
    }

    fn set_volume(&mut self, volume: f64) {
        self.volume = rounded(volume.clamp(0.0, 1.0), 2);
    }

    fn play_media(&mut self, ask: &Ask<'_>) -> Result<(), service_bus::HandlerError> {
        // The newer form has both in one object.
        let media = ask.data.get("media").and_then(Value::as_object);
        let find = |name: &str| ask.text(name).or_else(|| media?.get(name)?.as_str());
        let (Some(kind), Some(id)) = (find("media_content_type"), find("media_content_id")) else {
            return Err(invalid("media_content_type and media_content_id are needed"));
        };
        self.told = Some((short(kind), short(id)));
        (self.state, self.position, self.played) = ("playing", None, 0);
        Ok(())
    }
}

impl Model for Player {
    fn features(&self) -> Option<u64> {
        let volume = feature::VOLUME_SET | feature::VOLUME_MUTE | feature::VOLUME_STEP;
        let power = feature::TURN_ON | feature::TURN_OFF;
        let plays = feature::PLAY | feature::PAUSE | feature::STOP | feature::SEEK | feature::PLAY_MEDIA;
        let mut features = volume | power | plays | feature::SELECT_SOUND_MODE;
        if self.tracks.len() > 1 {
            let list = feature::NEXT_TRACK | feature::PREVIOUS_TRACK | feature::CLEAR_PLAYLIST;
            features |= list | feature::SHUFFLE_SET | feature::REPEAT_SET;
        }
        Some(if self.sources.is_empty() { features } else { features | feature::SELECT_SOURCE })
    }

    fn state(&self) -> String {
        self.state.to_owned()
    }

    fn attributes(&self) -> Map<String, Value> {
        let mut attributes = Map::new();
        let mut put = |name: &str, value: Value| _ = attributes.insert(name.to_owned(), value);
        if !self.sources.is_empty() {
            put("source_list", json!(self.sources));
        }
        put("sound_mode_list", json!(SOUND_MODES));
        if self.state == "off" {
            return attributes;
        }
        put("volume_level", json!(self.volume));
        put("is_volume_muted", json!(self.muted));
        if self.state != "idle" {
            match (&self.told, self.tracks.get(self.track)) {
                (Some((kind, id)), _) => {
                    put("media_content_id", json!(id));
                    put("media_content_type", json!(kind));
                    put("media_title", json!(id));
                }
                (None, Some(track)) => {
                    put("media_content_id", json!(format!("track-{}", self.track + 1)));
                    put("media_content_type", json!("music"));
                    put("media_duration", json!(track.duration));
                    put("media_title", json!(track.title));
                    put("media_artist", json!(track.artist));
                    put("media_album_name", json!(track.album));
                    put("media_track", json!(self.track + 1));
                }
                (None, None) => {}
            }
            if let Some((position, at)) = self.position {
                put("media_position", json!(position));
                put("media_position_updated_at", json!(at.to_string()));
            }
        }
        if let Some(source) = self.source {
            put("source", json!(source));
        }
        put("sound_mode", json!(self.sound_mode));
        put("shuffle", json!(self.shuffle));
        if self.tracks.len() > 1 {
            put("repeat", json!(self.repeat));
        }
        attributes
    }

    fn call(&mut self, ask: &Ask<'_>) -> Answer {
        match ask.service {
            "turn_on" if self.state == "off" => self.state = "playing",
            "turn_on" => {}
            "turn_off" => self.state = "off",
            "toggle" => self.state = if self.state == "off" { "playing" } else { "off" },
            "volume_up" => self.set_volume(self.volume + 0.1),
            "volume_down" => self.set_volume(self.volume - 0.1),
            "volume_set" => self.set_volume(ask.float("volume_level").unwrap_or(self.volume)),
            "volume_mute" => self.muted = ask.flag("is_volume_muted").unwrap_or(self.muted),
            "media_play" => self.state = "playing",
            "media_pause" => self.state = "paused",
            "media_play_pause" => self.state = if self.state == "playing" { "paused" } else { "playing" },
            "media_stop" => (self.state, self.position) = ("idle", None),
            "media_next_track" => self.go(true),
            "media_previous_track" => self.go(false),
            "media_seek" => self.position = ask.float("seek_position").map(|seconds| (seconds, ask.now)),
            "play_media" => self.play_media(ask)?,
            "select_source" => self.source = ask.word("source", self.sources)?,
            "select_sound_mode" => {
                self.sound_mode = ask.word("sound_mode", SOUND_MODES)?.unwrap_or(self.sound_mode);
            }
            "clear_playlist" => (self.state, self.told, self.position) = ("idle", None, None),
            "shuffle_set" => self.shuffle = ask.flag("shuffle").unwrap_or(self.shuffle),
            "repeat_set" => self.repeat = ask.word("repeat", &["off", "all", "one"])?.unwrap_or(self.repeat),
            _ => return Err(ask.unsupported()),
        }
        Ok(None)
    }

    fn step(&mut self, _: Tick) -> bool {
        let (Some(track), "playing", None) = (self.tracks.get(self.track), self.state, &self.told) else {
            return false;
        };
        self.played += Tick::SECS;
        if self.played < track.duration || self.repeat == "one" || self.tracks.len() < 2 {
            return false;
        }
        self.go(true);
        true
    }
}

const SOUND_MODES: &[&str] = &["Music", "Movie"];
