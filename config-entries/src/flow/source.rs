//! What starts a flow.

/// What starts a flow. The flow's first step has its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "Home Assistant's sources by their names")]
pub enum Source {
    User,
    Reauth,
    Reconfigure,
    Ignore,
    Import,
    System,
    Onboarding,
    Bluetooth,
    Dhcp,
    Discovery,
    Esphome,
    Hardware,
    Hassio,
    Homekit,
    IntegrationDiscovery,
    Mqtt,
    Ssdp,
    Usb,
    Zeroconf,
}

impl Source {
    /// Returns the word on the wire and of the first step.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Reauth => "reauth",
            Self::Reconfigure => "reconfigure",
            Self::Ignore => "ignore",
            Self::Import => "import",
            Self::System => "system",
            Self::Onboarding => "onboarding",
            Self::Bluetooth => "bluetooth",
            Self::Dhcp => "dhcp",
            Self::Discovery => "discovery",
            Self::Esphome => "esphome",
            Self::Hardware => "hardware",
            Self::Hassio => "hassio",
            Self::Homekit => "homekit",
            Self::IntegrationDiscovery => "integration_discovery",
            Self::Mqtt => "mqtt",
            Self::Ssdp => "ssdp",
            Self::Usb => "usb",
            Self::Zeroconf => "zeroconf",
        }
    }

    /// Tells whether something found it, rather than somebody asked for it.
    pub const fn is_discovery(self) -> bool {
        !matches!(self, Self::User | Self::Reauth | Self::Reconfigure | Self::Ignore)
    }

    /// Tells whether flows of this source are listed and announced as being in progress: those that nobody has open.
    pub const fn is_announced(self) -> bool {
        !matches!(self, Self::User | Self::Reconfigure | Self::Ignore)
    }
}
