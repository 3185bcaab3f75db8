//! Media players and remote controls.

use service_bus::{Field, Kind};

use crate::{
    feature::{media_player as media, remote},
    table::{COUNT, Domain, may, must},
};

pub(crate) fn domains() -> Vec<Domain> {
    vec![
        Domain::new("media_player")
            .acts("turn_on", media::TURN_ON, vec![])
            .acts("turn_off", media::TURN_OFF, vec![])
            .acts("toggle", media::TURN_ON | media::TURN_OFF, vec![])
            .acts("volume_up", media::VOLUME_SET | media::VOLUME_STEP, vec![])
            .acts("volume_down", media::VOLUME_SET | media::VOLUME_STEP, vec![])
            .acts("volume_mute", media::VOLUME_MUTE, vec![must("is_volume_muted", Kind::Bool)])
            .acts("volume_set", media::VOLUME_SET, vec![must("volume_level", Kind::Float(0.0, 1.0))])
            .acts("media_play_pause", media::PLAY | media::PAUSE, vec![])
            .acts("media_play", media::PLAY, vec![])
            .acts("media_pause", media::PAUSE, vec![])
            .acts("media_stop", media::STOP, vec![])
            .acts("media_next_track", media::NEXT_TRACK, vec![])
            .acts("media_previous_track", media::PREVIOUS_TRACK, vec![])
            .acts("media_seek", media::SEEK, vec![must("seek_position", Kind::Float(0.0, 1e9))])
            .acts("play_media", media::PLAY_MEDIA, play_media())
            .acts("select_source", media::SELECT_SOURCE, vec![must("source", Kind::Text)])
            .acts("select_sound_mode", media::SELECT_SOUND_MODE, vec![may("sound_mode", Kind::Text)])
            .acts("clear_playlist", media::CLEAR_PLAYLIST, vec![])
            .acts("shuffle_set", media::SHUFFLE_SET, vec![must("shuffle", Kind::Bool)])
            .acts("repeat_set", media::REPEAT_SET, vec![must("repeat", Kind::Choice(&["off", "all", "one"]))])
            .asks("browse_media", media::BROWSE_MEDIA, vec![content_type(), content_id()]),
        Domain::new("remote")
            .acts("turn_on", 0, vec![may("activity", Kind::Text)])
            .acts("turn_off", 0, vec![may("activity", Kind::Text)])
            .acts("toggle", 0, vec![may("activity", Kind::Text)])
            .acts(
                "send_command",
                0,
                vec![
                    must("command", Kind::Texts),
                    may("device", Kind::Text),
                    may("num_repeats", COUNT),
                    may("delay_secs", SECONDS),
                    may("hold_secs", SECONDS),
                ],
            )
            .acts(
                "learn_command",
                remote::LEARN_COMMAND,
                vec![
                    may("device", Kind::Text),
                    may("command", Kind::Texts),
                    may("command_type", Kind::Choice(&["ir", "rf"])),
                    may("alternative", Kind::Bool),
                    may("timeout", COUNT),
                ],
            )
            .acts(
                "delete_command",
                remote::DELETE_COMMAND,
                vec![must("command", Kind::Texts), may("device", Kind::Text)],
            ),
    ]
}

fn play_media() -> Vec<Field> {
    vec![
        content_type(),
        content_id(),
        may("media", Kind::Object),
        may("enqueue", Kind::Choice(&["play", "next", "add", "replace"])),
        may("announce", Kind::Bool),
        may("extra", Kind::Object),
    ]
}

const fn content_type() -> Field {
    may("media_content_type", Kind::Text)
}

const fn content_id() -> Field {
    may("media_content_id", Kind::Text)
}

const SECONDS: Kind = Kind::Float(0.0, 3600.0);
