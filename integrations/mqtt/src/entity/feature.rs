//! The bits of `supported_features`, with Home Assistant's meaning.

/// What a `climate` device can do.
pub(crate) mod climate {
    pub(crate) const TARGET_TEMPERATURE: u64 = 1;
    pub(crate) const TARGET_TEMPERATURE_RANGE: u64 = 2;
    pub(crate) const TARGET_HUMIDITY: u64 = 4;
    pub(crate) const FAN_MODE: u64 = 8;
    pub(crate) const PRESET_MODE: u64 = 16;
    pub(crate) const SWING_MODE: u64 = 32;
    pub(crate) const TURN_OFF: u64 = 128;
    pub(crate) const TURN_ON: u64 = 256;
}

/// What a `cover` can do.
pub(crate) mod cover {
    pub(crate) const OPEN: u64 = 1;
    pub(crate) const CLOSE: u64 = 2;
    pub(crate) const SET_POSITION: u64 = 4;
    pub(crate) const STOP: u64 = 8;
    pub(crate) const OPEN_TILT: u64 = 16;
    pub(crate) const CLOSE_TILT: u64 = 32;
    pub(crate) const STOP_TILT: u64 = 64;
    pub(crate) const SET_TILT_POSITION: u64 = 128;
}

/// What a `fan` can do.
pub(crate) mod fan {
    pub(crate) const SET_SPEED: u64 = 1;
    pub(crate) const OSCILLATE: u64 = 2;
    pub(crate) const DIRECTION: u64 = 4;
    pub(crate) const PRESET_MODE: u64 = 8;
    pub(crate) const TURN_OFF: u64 = 16;
    pub(crate) const TURN_ON: u64 = 32;
}

/// What a `light` can do.
pub(crate) mod light {
    pub(crate) const EFFECT: u64 = 4;
    pub(crate) const FLASH: u64 = 8;
    pub(crate) const TRANSITION: u64 = 32;
}

/// What a `lock` can do.
pub(crate) mod lock {
    pub(crate) const OPEN: u64 = 1;
}

/// Returns the bits of all that is there.
pub(crate) fn bits<const N: usize>(features: [(bool, u64); N]) -> u64 {
    features.into_iter().filter(|(has, _)| *has).fold(0, |bits, (_, bit)| bits | bit)
}
