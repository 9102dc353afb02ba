//! The larger cities of Türkiye and a few beyond its borders, at 0.01 degrees: enough to know where one looks.

use super::scene::PlaceLabel;
use crate::domain::position::Position;

/// Name, latitude and longitude in 0.01 degrees, rank.
const CITIES: &[(&str, i32, i32, u8)] = &[
    ("İstanbul", 4101, 2898, 1),
    ("Ankara", 3993, 3286, 1),
    ("İzmir", 3842, 2714, 1),
    ("Adana", 3700, 3532, 1),
    ("Gaziantep", 3706, 3738, 1),
    ("Erzurum", 3990, 4127, 1),
    ("Trabzon", 4100, 3972, 1),
    ("Diyarbakır", 3791, 4024, 1),
    ("Antalya", 3689, 3071, 1),
    ("Samsun", 4129, 3633, 1),
    ("Edirne", 4168, 2656, 1),
    ("Konya", 3787, 3248, 1),
    ("Van", 3849, 4338, 1),
    ("Sivas", 3975, 3702, 1),
    ("Bursa", 4018, 2906, 2),
    ("Kayseri", 3873, 3549, 2),
    ("Mersin", 3681, 3464, 2),
    ("Şanlıurfa", 3716, 3880, 2),
    ("Eskişehir", 3978, 3052, 2),
    ("Malatya", 3835, 3831, 2),
    ("Mardin", 3731, 4074, 2),
    ("Bolu", 4074, 3161, 2),
    ("Tekirdağ", 4098, 2751, 2),
    ("Çanakkale", 4015, 2641, 2),
    ("Balıkesir", 3965, 2788, 2),
    ("Ağrı", 3972, 4305, 2),
    ("Kars", 4060, 4309, 2),
    ("Rize", 4102, 4052, 2),
    ("İskenderun", 3659, 3617, 2),
    ("Zonguldak", 4145, 3179, 2),
    ("Denizli", 3777, 2909, 2),
    ("Sakarya", 4078, 3040, 3),
    ("Aksaray", 3837, 3403, 3),
    ("Çorum", 4055, 3496, 3),
    ("Amasya", 4065, 3583, 3),
    ("Erzincan", 3975, 3949, 3),
    ("Ordu", 4098, 3788, 3),
    ("Şırnak", 3752, 4246, 3),
    ("Osmaniye", 3707, 3625, 3),
    ("Kırklareli", 4174, 2722, 3),
    ("Düzce", 4084, 3116, 3),
    ("Batman", 3788, 4113, 3),
    ("Sofya", 4270, 2332, 2),
    ("Tiflis", 4172, 4479, 2),
    ("Halep", 3620, 3716, 2),
    ("Musul", 3634, 4313, 2),
];

/// The labels, for [`super::Scene::places`].
pub fn places() -> Vec<PlaceLabel> {
    CITIES
        .iter()
        .map(|&(name, lat, lon, rank)| PlaceLabel {
            name: name.to_owned(),
            position: Position { lat_e6: lat * 10_000, lon_e6: lon * 10_000 },
            rank,
        })
        .collect()
}
