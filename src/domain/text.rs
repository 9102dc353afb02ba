//! Texts for the operator, Turkish and English, and the response asked for (DETECTION, 2.4).
//!
//! Words are those of the directive (DOMAIN, section 6). Numbers come from the evidence, so equal runs read alike.

use super::alert::{AlertText, Kind, Priority};
use super::episode::{Episode, Measure};

/// Minutes within which a response is due.
fn respond_within_min(kind: Kind) -> u32 {
    match kind {
        Kind::TerritoryExit | Kind::Tamper | Kind::Seal | Kind::HoldViolation => 5,
        Kind::LeftBeforeClearance | Kind::BorderApproach | Kind::SystemOutage => 5,
        Kind::CorridorDeviation | Kind::UnloadingSuspicion | Kind::Rendezvous => 10,
        Kind::ZoneEnter | Kind::ZoneExit | Kind::ZoneCrossed => 10,
        Kind::PositionJump | Kind::Jamming | Kind::DualPosition | Kind::GnssFrozen | Kind::RegionalOutage => 15,
        Kind::UnusualStop | Kind::Silence | Kind::GnssLost | Kind::ZoneDwell | Kind::Overstay => 30,
        Kind::WrongDirection | Kind::CheckpointMissed | Kind::SlowProgress => 30,
        Kind::LowBattery | Kind::BatteryWillNotLast => 120,
        _ => 60,
    }
}

/// What to do: Turkish, English.
fn response(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::TerritoryExit | Kind::Tamper | Kind::Seal | Kind::HoldViolation => (
            "Çıkış kapısında durdurun; kolluğa ve mobil ekibe haber verin.",
            "Stop it at the exit gate; call police and the mobile team.",
        ),
        Kind::CorridorDeviation => (
            "Taşıyıcıyı arayın; 10 dakika sonra mobil ekibi yönlendirin.",
            "Call the carrier; after 10 minutes send the mobile team.",
        ),
        Kind::DualPosition | Kind::GnssFrozen => {
            ("Üniteyi sorgulayın; kameraları kontrol edin.", "Poll the unit; check the cameras.")
        }
        Kind::PositionJump | Kind::Jamming => {
            ("Kameraları ve son geçilen idareyi kontrol edin.", "Check the cameras and the last office passed.")
        }
        Kind::UnusualStop | Kind::Overstay | Kind::ZoneDwell => ("Sürücüyü arayın.", "Call the driver."),
        Kind::UnloadingSuspicion => (
            "Mobil ekibi yönlendirin; mührü ve yükü kontrol ettirin.",
            "Send the mobile team; have seal and load checked.",
        ),
        Kind::UnverifiedInterval => (
            "Taşıyıcıdan bu süredeki güzergâhın ispatını isteyin.",
            "Ask the carrier for proof of the way in that time.",
        ),
        Kind::Silence | Kind::GnssLost => {
            ("Taşıyıcıyı arayın; son geçilen idareye sorun.", "Call the carrier; ask the last office passed.")
        }
        Kind::RouteTimeWarning | Kind::RouteTimeExceeded => {
            ("İlgili idareleri bilgilendirin.", "Inform the offices concerned.")
        }
        Kind::LowBattery | Kind::BatteryWillNotLast => {
            ("İlk idarede şarj ettirin veya değiştirin.", "Have it charged or replaced at the next office.")
        }
        Kind::WrongDirection | Kind::CheckpointMissed | Kind::SlowProgress => {
            ("Taşıyıcıyı arayın; en yakın idareyi bilgilendirin.", "Call the carrier; inform the nearest office.")
        }
        Kind::HandoverDue => (
            "Takibi sonraki idarenin mobil ekibine devredin.",
            "Hand the watch over to the mobile team of the next office.",
        ),
        Kind::LeftBeforeClearance => ("Aracı kapıda durdurun.", "Stop the vehicle at the gate."),
        Kind::BorderApproach => ("Çıkış idaresini arayın.", "Call the office of exit."),
        Kind::ArrivedNotDeactivated => ("Varış idaresine sorun.", "Ask the office of destination."),
        Kind::ZoneEnter | Kind::ZoneExit | Kind::ZoneCrossed => {
            ("Aracı izleyin; en yakın idareyi bilgilendirin.", "Watch the vehicle; inform the nearest office.")
        }
        Kind::Rendezvous => ("Mobil ekibi yönlendirin.", "Send the mobile team."),
        Kind::RegionalOutage => {
            ("Şebekeye ve son geçilen idarelere sorun.", "Ask the network and the offices last passed.")
        }
        Kind::SystemOutage => (
            "Sistem operatörlerine haber verin; konumlar eskidir.",
            "Tell the operators of the system; positions are old.",
        ),
        _ => ("Aracı izleyin.", "Watch the vehicle."),
    }
}

/// The part of a subject after its colon.
fn name(subject: &str) -> &str {
    subject.split_once(':').map_or(subject, |(_, name)| name)
}

/// What happened: Turkish, English.
fn happening(e: &Episode) -> (String, String) {
    let of = |m: Measure| e.get(m).unwrap_or(0);
    let minutes = |m: Measure| of(m) / 60;
    let name = name(&e.subject);
    match e.kind {
        Kind::CorridorDeviation => (
            format!(
                "Güzergâhtan sapma ({name}): en çok {} m, {} dk.",
                of(Measure::MaxCrossTrackM),
                minutes(Measure::OffRouteS)
            ),
            format!(
                "Route deviation ({name}): {} m at most, {} min.",
                of(Measure::MaxCrossTrackM),
                minutes(Measure::OffRouteS)
            ),
        ),
        Kind::UnusualStop => (
            format!("Normal seyre uygun olmayan durma: {} dk.", minutes(Measure::DurationS)),
            format!("Unusual stop: {} min.", minutes(Measure::DurationS)),
        ),
        Kind::Overstay => (
            format!("İzinli yerde süre aşımı ({name}): {} dk.", minutes(Measure::DurationS)),
            format!("Overstay at a permitted place ({name}): {} min.", minutes(Measure::DurationS)),
        ),
        Kind::ZoneEnter => (format!("Bölgeye girme: {name}."), format!("Zone entered: {name}.")),
        Kind::ZoneExit => (format!("Bölgeden çıkma: {name}."), format!("Zone left: {name}.")),
        Kind::ZoneCrossed => (
            format!("Bölgeden geçme, iki konum arasında ({name}): sınırından {} m içeride.", of(Measure::DepthM)),
            format!("Zone crossed between two positions ({name}): {} m deep.", of(Measure::DepthM)),
        ),
        Kind::ZoneDwell => (
            format!("Bölgede uzun bekleme ({name}): {} dk.", minutes(Measure::DurationS)),
            format!("Long wait in zone ({name}): {} min.", minutes(Measure::DurationS)),
        ),
        Kind::TerritoryExit => (
            format!("Türkiye Gümrük Bölgesi dışına çıkış ({name})."),
            format!("Left the customs territory of Türkiye ({name})."),
        ),
        Kind::BorderApproach => (
            format!("Sınıra yaklaşma ({name}): {} m, {} sn.", of(Measure::DistanceM), of(Measure::TimeToBorderS)),
            format!("Approaching the border ({name}): {} m, {} s.", of(Measure::DistanceM), of(Measure::TimeToBorderS)),
        ),
        Kind::HoldViolation => ("Bekletme kararına rağmen ayrılma.".to_owned(), "Left in spite of a hold.".to_owned()),
        Kind::LeftBeforeClearance => {
            (format!("Kontrol tamamlanmadan ayrılma ({name})."), format!("Left before clearance ({name})."))
        }
        Kind::ArrivedNotDeactivated => (
            format!("Varışta deaktivasyon yapılmadı: {} dk.", minutes(Measure::DurationS)),
            format!("Arrived, not deactivated: {} min.", minutes(Measure::DurationS)),
        ),
        Kind::RouteTimeWarning => {
            ("Güzergâh süresi aşılacak görünüyor.".to_owned(), "The route time is likely to be exceeded.".to_owned())
        }
        Kind::RouteTimeExceeded => ("Güzergâh süresi aşıldı.".to_owned(), "Route time exceeded.".to_owned()),
        Kind::SlowProgress => (
            format!(
                "Güzergâhta yavaş ilerleme ({name}): {} dk. içinde {} m.",
                minutes(Measure::DurationS),
                of(Measure::ProgressM)
            ),
            format!(
                "Slow progress along the route ({name}): {} m in {} min.",
                of(Measure::ProgressM),
                minutes(Measure::DurationS)
            ),
        ),
        Kind::WrongDirection => (
            format!("Güzergâhta ters yönde seyir ({name}): {} m geri.", of(Measure::BackM)),
            format!("Wrong direction along the route ({name}): {} m back.", of(Measure::BackM)),
        ),
        Kind::CheckpointMissed => {
            (format!("Kontrol noktasından geçilmedi ({name})."), format!("Checkpoint not passed ({name})."))
        }
        Kind::HandoverDue => (
            format!("Sonraki sorumluluk alanına yaklaşma ({name}): {} m.", of(Measure::DistanceM)),
            format!("Near the responsibility area of the next office ({name}): {} m.", of(Measure::DistanceM)),
        ),
        Kind::Silence => (
            format!("Üniteden haber yok: {} dk.", minutes(Measure::SilentS)),
            format!("No contact with the unit: {} min.", minutes(Measure::SilentS)),
        ),
        Kind::GnssLost => (
            format!("Konum alınamıyor: {} dk.", minutes(Measure::SilentS)),
            format!("No position: {} min.", minutes(Measure::SilentS)),
        ),
        Kind::PositionJump => (
            format!("Konum sıçraması: {} m.", of(Measure::DistanceM)),
            format!("Position jump: {} m.", of(Measure::DistanceM)),
        ),
        Kind::DualPosition => (
            format!(
                "Aynı üniteden iki ayrı konum: aralarında {} m, {} kez.",
                of(Measure::DistanceM),
                of(Measure::Count)
            ),
            format!(
                "Two positions of one unit in turn: {} m apart, {} times.",
                of(Measure::DistanceM),
                of(Measure::Count)
            ),
        ),
        Kind::GnssFrozen => (
            format!("Konum donmuş, araç hareket hâlinde: {} dk.", minutes(Measure::DurationS)),
            format!("Position frozen while the vehicle moves: {} min.", minutes(Measure::DurationS)),
        ),
        Kind::Jamming if e.subject == "unit" => {
            ("Ünite sinyal karıştırma bildiriyor.".to_owned(), "The unit reports jamming.".to_owned())
        }
        Kind::UnverifiedInterval => (
            format!(
                "Doğrulanamayan süre: {} dk konum yok, {} dk fazla.",
                minutes(Measure::HoleS),
                minutes(Measure::SlackS)
            ),
            format!(
                "Unverified interval: {} min without a position, {} min to spare.",
                minutes(Measure::HoleS),
                minutes(Measure::SlackS)
            ),
        ),
        Kind::UnloadingSuspicion => (
            format!("Yük boşaltma şüphesi: {} puan.", of(Measure::Score)),
            format!("Suspicion of unloading: {} points.", of(Measure::Score)),
        ),
        Kind::BatteryWillNotLast => (
            format!(
                "Batarya yolculuğa yetmeyecek: %{}, {} saat sonra boş.",
                of(Measure::BatteryPct),
                of(Measure::EmptyInS) / 3600
            ),
            format!(
                "The battery will not last: {} %, empty in {} h.",
                of(Measure::BatteryPct),
                of(Measure::EmptyInS) / 3600
            ),
        ),
        Kind::Tamper => (format!("Üniteye müdahale ({name})."), format!("Unit tampered with ({name}).")),
        Kind::Seal => (format!("Mühür uyarısı ({name})."), format!("Seal alarm ({name}).")),
        Kind::LowBattery => (
            format!("Ünite bataryası düşük: %{}.", of(Measure::BatteryPct)),
            format!("Low battery of the unit: {} %.", of(Measure::BatteryPct)),
        ),
        Kind::Rendezvous => {
            let units = name.replace('+', ", ");
            let metres = of(Measure::DistanceM);
            (
                format!("İki araç birlikte duruyor ({units}): aralarında {metres} m."),
                format!("Two vehicles stand together ({units}): {metres} m apart."),
            )
        }
        Kind::Crowd => (
            format!("Araçlar toplandı: {} araç.", of(Measure::Count)),
            format!("Vehicles have gathered: {} of them.", of(Measure::Count)),
        ),
        Kind::RegionalOutage => (
            format!("Bölgesel haberleşme kesintisi: {} / {} ünite.", of(Measure::Count), of(Measure::Units)),
            format!("Regional outage: {} of {} units silent.", of(Measure::Count), of(Measure::Units)),
        ),
        Kind::SystemOutage => (
            format!("Sistem kesintisi: {} sn.", of(Measure::DurationS)),
            format!("Outage of the system itself: {} s.", of(Measure::DurationS)),
        ),
        Kind::Jamming if e.subject.starts_with("cell:") => (
            format!("Bölgesel karıştırma: {} ünite.", of(Measure::Count)),
            format!("Jamming in a region: {} units.", of(Measure::Count)),
        ),
        other => (other.name().to_owned(), other.name().to_owned()),
    }
}

/// The texts of a finding.
pub fn text(episode: &Episode) -> AlertText {
    let (tr, en) = happening(episode);
    let announced = episode.priority > Priority::Journal;
    let (do_tr, do_en) = response(episode.kind);
    AlertText {
        tr,
        en,
        do_tr: do_tr.to_owned(),
        do_en: do_en.to_owned(),
        respond_within_min: announced.then(|| respond_within_min(episode.kind)),
    }
}

/// Article of the directive, EAEU code, NCTS incident code (DOMAIN, section 4).
pub fn codes(episode: &Episode, report_m: f64) -> (Option<&'static str>, Option<&'static str>, Option<&'static str>) {
    match episode.kind {
        Kind::CorridorDeviation => {
            let far = episode.get(Measure::MaxCrossTrackM).is_some_and(|d| d as f64 > report_m);
            (Some("65/2"), far.then_some("03"), Some("1"))
        }
        Kind::UnusualStop | Kind::Overstay => (Some("65/2"), None, None),
        Kind::ZoneEnter | Kind::ZoneExit | Kind::ZoneDwell | Kind::ZoneCrossed => (Some("65/2"), None, None),
        Kind::SlowProgress | Kind::WrongDirection | Kind::CheckpointMissed => (Some("65/2"), None, None),
        Kind::RouteTimeWarning | Kind::RouteTimeExceeded => (Some("66/4"), None, None),
        Kind::TerritoryExit | Kind::BorderApproach => (Some("70/1"), None, None),
        Kind::HoldViolation => (Some("66/9"), None, None),
        Kind::LeftBeforeClearance => (Some("68/3"), None, None),
        Kind::Silence => (Some("65/4"), Some("06"), None),
        Kind::GnssLost | Kind::GnssFrozen | Kind::Jamming | Kind::PositionJump | Kind::DualPosition => {
            (Some("65/4"), Some("04"), None)
        }
        Kind::Tamper => (Some("74/c"), Some("02"), None),
        Kind::Seal => (Some("74/c"), Some("01"), Some("2")),
        Kind::LowBattery | Kind::BatteryWillNotLast => (Some("70/6"), Some("05"), None),
        Kind::UnverifiedInterval => (Some("65/4"), None, None),
        Kind::UnloadingSuspicion => (Some("65/2"), None, None),
        Kind::ArrivedNotDeactivated => (Some("70/2"), None, None),
        Kind::HandoverDue => (Some("74/b"), None, None),
        _ => (None, None, None),
    }
}
