//! The bits of `supported_features`, by domain, with Home Assistant's meaning.

/// What an `alarm_control_panel` can do.
pub mod alarm {
    /// It can be armed while people are at home.
    pub const ARM_HOME: u64 = 1;
    /// It can be armed while nobody is there.
    pub const ARM_AWAY: u64 = 2;
    /// It can be armed for the night.
    pub const ARM_NIGHT: u64 = 4;
    /// It can be set off.
    pub const TRIGGER: u64 = 8;
    /// It can be armed with some sensors left out.
    pub const ARM_CUSTOM_BYPASS: u64 = 16;
    /// It can be armed for a long absence.
    pub const ARM_VACATION: u64 = 32;
}

/// What a `calendar` can do.
pub mod calendar {
    /// Events can be added.
    pub const CREATE_EVENT: u64 = 1;
}

/// What a `climate` device can do.
pub mod climate {
    /// It aims at one temperature.
    pub const TARGET_TEMPERATURE: u64 = 1;
    /// It aims at a range of temperatures.
    pub const TARGET_TEMPERATURE_RANGE: u64 = 2;
    /// It aims at a humidity.
    pub const TARGET_HUMIDITY: u64 = 4;
    /// Its fan has modes.
    pub const FAN_MODE: u64 = 8;
    /// It has presets.
    pub const PRESET_MODE: u64 = 16;
    /// It swings.
    pub const SWING_MODE: u64 = 32;
    /// It can be turned off.
    pub const TURN_OFF: u64 = 128;
    /// It can be turned on.
    pub const TURN_ON: u64 = 256;
    /// It swings sideways.
    pub const SWING_HORIZONTAL_MODE: u64 = 512;
}

/// What a `cover` can do.
pub mod cover {
    /// It opens.
    pub const OPEN: u64 = 1;
    /// It closes.
    pub const CLOSE: u64 = 2;
    /// It stops anywhere between.
    pub const SET_POSITION: u64 = 4;
    /// It can be stopped.
    pub const STOP: u64 = 8;
    /// Its slats open.
    pub const OPEN_TILT: u64 = 16;
    /// Its slats close.
    pub const CLOSE_TILT: u64 = 32;
    /// Its slats can be stopped.
    pub const STOP_TILT: u64 = 64;
    /// Its slats stop anywhere between.
    pub const SET_TILT_POSITION: u64 = 128;
}

/// What a `fan` can do.
pub mod fan {
    /// It has speeds.
    pub const SET_SPEED: u64 = 1;
    /// It oscillates.
    pub const OSCILLATE: u64 = 2;
    /// It turns both ways.
    pub const DIRECTION: u64 = 4;
    /// It has presets.
    pub const PRESET_MODE: u64 = 8;
    /// It can be turned off.
    pub const TURN_OFF: u64 = 16;
    /// It can be turned on.
    pub const TURN_ON: u64 = 32;
}

/// What a `humidifier` can do.
pub mod humidifier {
    /// It has modes.
    pub const MODES: u64 = 1;
}

/// What a `lawn_mower` can do.
pub mod lawn_mower {
    /// It can be started.
    pub const START_MOWING: u64 = 1;
    /// It can be paused.
    pub const PAUSE: u64 = 2;
    /// It can be sent home.
    pub const DOCK: u64 = 4;
}

/// What a `light` can do.
pub mod light {
    /// It has effects.
    pub const EFFECT: u64 = 4;
    /// It flashes.
    pub const FLASH: u64 = 8;
    /// It changes slowly if asked to.
    pub const TRANSITION: u64 = 32;
}

/// What a `lock` can do.
pub mod lock {
    /// It opens the door.
    pub const OPEN: u64 = 1;
}

/// What a `media_player` can do.
pub mod media_player {
    /// It can be paused.
    pub const PAUSE: u64 = 1;
    /// It can go to a place in what it plays.
    pub const SEEK: u64 = 2;
    /// Its volume can be set.
    pub const VOLUME_SET: u64 = 4;
    /// It can be muted.
    pub const VOLUME_MUTE: u64 = 8;
    /// It can go back.
    pub const PREVIOUS_TRACK: u64 = 16;
    /// It can go on.
    pub const NEXT_TRACK: u64 = 32;
    /// It can be turned on.
    pub const TURN_ON: u64 = 128;
    /// It can be turned off.
    pub const TURN_OFF: u64 = 256;
    /// It plays what it is told to.
    pub const PLAY_MEDIA: u64 = 512;
    /// Its volume goes in steps.
    pub const VOLUME_STEP: u64 = 1024;
    /// It has sources.
    pub const SELECT_SOURCE: u64 = 2048;
    /// It can be stopped.
    pub const STOP: u64 = 4096;
    /// Its playlist can be emptied.
    pub const CLEAR_PLAYLIST: u64 = 8192;
    /// It can be told to go on playing.
    pub const PLAY: u64 = 16384;
    /// It plays in any order.
    pub const SHUFFLE_SET: u64 = 32768;
    /// It has sound modes.
    pub const SELECT_SOUND_MODE: u64 = 65536;
    /// It says what it could play.
    pub const BROWSE_MEDIA: u64 = 131072;
    /// It repeats.
    pub const REPEAT_SET: u64 = 262144;
}

/// What a `remote` can do.
pub mod remote {
    /// It learns commands.
    pub const LEARN_COMMAND: u64 = 1;
    /// It forgets commands.
    pub const DELETE_COMMAND: u64 = 2;
    /// It has activities.
    pub const ACTIVITY: u64 = 4;
}

/// What a `siren` can do.
pub mod siren {
    /// It can be turned on.
    pub const TURN_ON: u64 = 1;
    /// It can be turned off.
    pub const TURN_OFF: u64 = 2;
    /// It has tones.
    pub const TONES: u64 = 4;
    /// Its volume can be set.
    pub const VOLUME_SET: u64 = 8;
    /// It stops by itself.
    pub const DURATION: u64 = 16;
}

/// What a `todo` list can do.
pub mod todo {
    /// Items can be added.
    pub const CREATE_ITEM: u64 = 1;
    /// Items can be removed.
    pub const DELETE_ITEM: u64 = 2;
    /// Items can be changed.
    pub const UPDATE_ITEM: u64 = 4;
    /// Items can be moved.
    pub const MOVE_ITEM: u64 = 8;
    /// Items can be due on a day.
    pub const SET_DUE_DATE: u64 = 16;
    /// Items can be due at a time.
    pub const SET_DUE_DATETIME: u64 = 32;
    /// Items can be described.
    pub const SET_DESCRIPTION: u64 = 64;
}

/// What an `update` can do.
pub mod update {
    /// It can be installed.
    pub const INSTALL: u64 = 1;
    /// Any version can be installed.
    pub const SPECIFIC_VERSION: u64 = 2;
    /// It says how far it is.
    pub const PROGRESS: u64 = 4;
    /// It makes a backup first.
    pub const BACKUP: u64 = 8;
    /// It has release notes.
    pub const RELEASE_NOTES: u64 = 16;
}

/// What a `vacuum` can do.
pub mod vacuum {
    /// It can be paused.
    pub const PAUSE: u64 = 4;
    /// It can be stopped.
    pub const STOP: u64 = 8;
    /// It can be sent home.
    pub const RETURN_HOME: u64 = 16;
    /// It has speeds.
    pub const FAN_SPEED: u64 = 32;
    /// It takes commands of its own.
    pub const SEND_COMMAND: u64 = 256;
    /// It can be asked where it is.
    pub const LOCATE: u64 = 512;
    /// It cleans a spot.
    pub const CLEAN_SPOT: u64 = 1024;
    /// It says what it is doing.
    pub const STATE: u64 = 4096;
    /// It can be started.
    pub const START: u64 = 8192;
}

/// What a `valve` can do.
pub mod valve {
    /// It opens.
    pub const OPEN: u64 = 1;
    /// It closes.
    pub const CLOSE: u64 = 2;
    /// It stops anywhere between.
    pub const SET_POSITION: u64 = 4;
    /// It can be stopped.
    pub const STOP: u64 = 8;
}

/// What a `water_heater` can do.
pub mod water_heater {
    /// It aims at a temperature.
    pub const TARGET_TEMPERATURE: u64 = 1;
    /// It has modes.
    pub const OPERATION_MODE: u64 = 2;
    /// It saves while nobody is there.
    pub const AWAY_MODE: u64 = 4;
    /// It can be turned on and off.
    pub const ON_OFF: u64 = 8;
}

/// What a `weather` service can do.
pub mod weather {
    /// It knows the coming days.
    pub const FORECAST_DAILY: u64 = 1;
    /// It knows the coming hours.
    pub const FORECAST_HOURLY: u64 = 2;
    /// It knows the coming days and nights.
    pub const FORECAST_TWICE_DAILY: u64 = 4;
}
