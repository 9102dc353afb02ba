//! What the demo's Türkiye is made of: places typed by hand from general knowledge, at about a kilometre, and ways through
//! them. Nothing here is surveyed and nothing is taken from a data set; who needs true roads brings a rulebook of his own.

/// Where standing is allowed at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    /// Nothing there.
    No,
    /// A rest area, an hour.
    Stop,
    /// A lodging, a night.
    Lodging,
}
use Rest::{Lodging, No, Stop};

/// A place on a way: key, name, latitude, longitude, what one may do there.
pub type Point = (&'static str, &'static str, f64, f64, Rest);

/// Every place that a corridor leads through.
pub const POINTS: &[Point] = &[
    // Thrace and the Marmara
    ("kapikule", "Kapıkule", 41.717, 26.354, No),
    ("edirne", "Edirne", 41.690, 26.600, No),
    ("havsa", "Havsa", 41.555, 26.820, Stop),
    ("babaeski", "Babaeski", 41.440, 27.090, No),
    ("luleburgaz", "Lüleburgaz", 41.430, 27.350, Lodging),
    ("corlu", "Çorlu", 41.200, 27.810, Stop),
    ("kinali", "Kınalı", 41.115, 28.170, No),
    ("catalca", "Çatalca", 41.150, 28.450, Stop),
    ("odayeri", "Odayeri", 41.230, 28.850, No),
    ("yss", "Yavuz Sultan Selim köprüsü", 41.203, 29.112, No),
    ("huseyinli", "Hüseyinli", 41.110, 29.290, No),
    ("kurtkoy", "Kurtköy", 40.930, 29.330, Lodging),
    ("gebze", "Gebze", 40.835, 29.470, No),
    ("izmit", "İzmit", 40.800, 29.930, Stop),
    ("sakarya", "Sakarya", 40.785, 30.400, No),
    ("hendek", "Hendek", 40.805, 30.750, Stop),
    ("duzce", "Düzce", 40.840, 31.160, No),
    ("bolu", "Bolu", 40.735, 31.600, Lodging),
    ("yenicaga", "Yeniçağa", 40.775, 32.030, No),
    ("gerede", "Gerede", 40.800, 32.200, Stop),
    ("ipsala", "İpsala", 40.930, 26.370, No),
    ("kesan", "Keşan", 40.855, 26.640, Stop),
    ("malkara", "Malkara", 40.890, 26.900, No),
    ("tekirdag", "Tekirdağ", 41.010, 27.500, Stop),
    ("sultankoy", "Sultanköy", 41.030, 27.980, No),
    ("silivri", "Silivri", 41.090, 28.240, No),
    ("buyukcekmece", "Büyükçekmece", 41.060, 28.540, No),
    ("ambarli", "Ambarlı", 40.985, 28.685, No),
    // To Ankara and the Mediterranean
    ("kizilcahamam", "Kızılcahamam", 40.470, 32.650, Stop),
    ("ankara", "Ankara", 39.960, 32.640, Lodging),
    ("golbasi", "Gölbaşı", 39.780, 32.810, No),
    ("kulu", "Kulu", 39.170, 33.140, Stop),
    ("sereflikochisar", "Şereflikoçhisar", 38.930, 33.560, No),
    ("aksaray", "Aksaray", 38.370, 34.020, Lodging),
    ("nigde", "Niğde", 37.960, 34.660, Stop),
    ("ulukisla", "Ulukışla", 37.545, 34.490, No),
    ("pozanti", "Pozantı", 37.430, 34.880, Lodging),
    ("tarsus", "Tarsus", 36.960, 34.920, No),
    ("mersin", "Mersin", 36.805, 34.640, No),
    ("adana", "Adana", 37.030, 35.330, Stop),
    ("ceyhan", "Ceyhan", 37.060, 35.810, No),
    ("iskenderun", "İskenderun", 36.600, 36.190, No),
    ("dortyol", "Dörtyol", 36.850, 36.230, Stop),
    ("osmaniye", "Osmaniye", 37.080, 36.220, No),
    ("nurdagi", "Nurdağı", 37.185, 36.740, Stop),
    // The south-east
    ("gaziantep", "Gaziantep", 37.130, 37.360, Lodging),
    ("nizip", "Nizip", 37.040, 37.790, No),
    ("birecik", "Birecik", 37.050, 37.990, Stop),
    ("sanliurfa", "Şanlıurfa", 37.180, 38.800, Lodging),
    ("viransehir", "Viranşehir", 37.240, 39.760, Stop),
    ("kiziltepe", "Kızıltepe", 37.220, 40.580, Lodging),
    ("nusaybin", "Nusaybin", 37.150, 41.200, Stop),
    ("cizre", "Cizre", 37.340, 42.150, Stop),
    ("silopi", "Silopi", 37.250, 42.450, No),
    ("habur", "Habur", 37.150, 42.560, No),
    // The north and the east
    ("cerkes", "Çerkeş", 40.810, 32.890, Lodging),
    ("ilgaz", "Ilgaz", 40.920, 33.630, No),
    ("tosya", "Tosya", 41.000, 34.040, Stop),
    ("osmancik", "Osmancık", 40.970, 34.800, Stop),
    ("merzifon", "Merzifon", 40.870, 35.460, Lodging),
    ("amasya", "Amasya", 40.650, 35.830, No),
    ("niksar", "Niksar", 40.580, 36.940, Stop),
    ("koyulhisar", "Koyulhisar", 40.300, 37.840, No),
    ("susehri", "Suşehri", 40.160, 38.090, Lodging),
    ("refahiye", "Refahiye", 39.900, 38.770, Stop),
    ("erzincan", "Erzincan", 39.760, 39.490, Lodging),
    ("tercan", "Tercan", 39.780, 40.390, Stop),
    ("askale", "Aşkale", 39.920, 40.690, No),
    ("erzurum", "Erzurum", 39.930, 41.260, Lodging),
    ("horasan", "Horasan", 40.040, 42.170, Stop),
    ("eleskirt", "Eleşkirt", 39.800, 42.670, Stop),
    ("agri", "Ağrı", 39.720, 43.050, Lodging),
    ("diyadin", "Diyadin", 39.600, 43.670, No),
    ("dogubayazit", "Doğubayazıt", 39.550, 44.080, Stop),
    ("gurbulak", "Gürbulak", 39.420, 44.380, No),
    ("samsun", "Samsun", 41.270, 36.340, No),
    ("carsamba", "Çarşamba", 41.200, 36.720, No),
    ("unye", "Ünye", 41.100, 37.280, Stop),
    ("fatsa", "Fatsa", 41.010, 37.500, No),
    ("ordu", "Ordu", 40.950, 37.890, Stop),
    ("giresun", "Giresun", 40.880, 38.390, Lodging),
    ("tirebolu", "Tirebolu", 40.970, 38.820, No),
    ("vakfikebir", "Vakfıkebir", 41.020, 39.280, Stop),
    ("trabzon", "Trabzon", 40.970, 39.730, Lodging),
    ("surmene", "Sürmene", 40.890, 40.120, No),
    ("rize", "Rize", 41.000, 40.530, Stop),
    ("ardesen", "Ardeşen", 41.170, 40.990, Stop),
    ("hopa", "Hopa", 41.385, 41.440, No),
    ("sarp", "Sarp", 41.510, 41.550, No),
    // The west
    ("izmir", "İzmir", 38.440, 27.170, No),
    ("manisa", "Manisa", 38.620, 27.440, Stop),
    ("akhisar", "Akhisar", 38.920, 27.840, Stop),
    ("balikesir", "Balıkesir", 39.650, 27.880, Lodging),
    ("gonen", "Gönen", 40.100, 27.650, Stop),
    ("biga", "Biga", 40.230, 27.240, No),
    ("lapseki", "Lapseki", 40.330, 26.660, No),
    ("gelibolu", "Gelibolu", 40.420, 26.660, Stop),
    ("uzunkopru", "Uzunköprü", 41.270, 26.690, No),
    ("turgutlu", "Turgutlu", 38.500, 27.700, No),
    ("usak", "Uşak", 38.670, 29.400, Stop),
    ("afyon", "Afyonkarahisar", 38.760, 30.540, Lodging),
    ("sivrihisar", "Sivrihisar", 39.450, 31.540, Stop),
    ("polatli", "Polatlı", 39.580, 32.140, No),
    // The middle
    ("corum", "Çorum", 40.550, 34.950, Stop),
    ("yozgat", "Yozgat", 39.820, 34.810, Lodging),
    ("kayseri", "Kayseri", 38.740, 35.450, Lodging),
    ("kirikkale", "Kırıkkale", 39.850, 33.510, Stop),
    ("sivas", "Sivas", 39.750, 37.010, Lodging),
    ("zara", "Zara", 39.900, 37.760, Stop),
    ("kahramanmaras", "Kahramanmaraş", 37.570, 36.920, Stop),
    ("malatya", "Malatya", 38.360, 38.290, Lodging),
    ("elazig", "Elazığ", 38.670, 39.210, Stop),
    ("bingol", "Bingöl", 38.880, 40.500, Lodging),
    ("mus", "Muş", 38.740, 41.500, Stop),
    ("bitlis", "Bitlis", 38.410, 42.130, No),
    ("gevas", "Gevaş", 38.270, 43.080, Stop),
    ("van", "Van", 38.470, 43.380, Lodging),
    ("kapikoy", "Kapıköy", 38.480, 44.290, No),
];

/// A way: id, name, its places in order, hours allowed.
pub type Way = (&'static str, &'static str, &'static [&'static str], f64);

/// The ways.
pub const WAYS: &[Way] = &[
    (
        "kapikule-habur",
        "Kapıkule - Habur",
        &[
            "kapikule", "edirne", "havsa", "babaeski", "luleburgaz", "corlu", "kinali", "catalca", "odayeri", "yss",
            "huseyinli", "kurtkoy", "gebze", "izmit", "sakarya", "hendek", "duzce", "bolu", "yenicaga", "gerede",
            "kizilcahamam", "ankara", "golbasi", "kulu", "sereflikochisar", "aksaray", "nigde", "ulukisla", "pozanti",
            "tarsus", "adana", "ceyhan", "osmaniye", "nurdagi", "gaziantep", "nizip", "birecik", "sanliurfa",
            "viransehir", "kiziltepe", "nusaybin", "cizre", "silopi", "habur",
        ],
        72.0,
    ),
    (
        "kapikule-gurbulak",
        "Kapıkule - Gürbulak",
        &[
            "kapikule", "edirne", "havsa", "babaeski", "luleburgaz", "corlu", "kinali", "catalca", "odayeri", "yss",
            "huseyinli", "kurtkoy", "gebze", "izmit", "sakarya", "hendek", "duzce", "bolu", "yenicaga", "gerede",
            "cerkes", "ilgaz", "tosya", "osmancik", "merzifon", "amasya", "niksar", "koyulhisar", "susehri",
            "refahiye", "erzincan", "tercan", "askale", "erzurum", "horasan", "eleskirt", "agri", "diyadin",
            "dogubayazit", "gurbulak",
        ],
        72.0,
    ),
    (
        "ambarli-kapikule",
        "Ambarlı - Kapıkule",
        &["ambarli", "buyukcekmece", "silivri", "kinali", "corlu", "luleburgaz", "babaeski", "havsa", "edirne", "kapikule"],
        12.0,
    ),
    (
        "ipsala-ambarli",
        "İpsala - Ambarlı",
        &["ipsala", "kesan", "malkara", "tekirdag", "sultankoy", "silivri", "buyukcekmece", "ambarli"],
        12.0,
    ),
    (
        "izmir-kapikule",
        "İzmir - Kapıkule",
        &[
            "izmir", "manisa", "akhisar", "balikesir", "gonen", "biga", "lapseki", "gelibolu", "kesan", "uzunkopru",
            "edirne", "kapikule",
        ],
        24.0,
    ),
    (
        "izmir-gurbulak",
        "İzmir - Gürbulak",
        &[
            "izmir", "turgutlu", "usak", "afyon", "sivrihisar", "polatli", "golbasi", "kirikkale", "yozgat", "sivas",
            "zara", "refahiye", "erzincan", "tercan", "askale", "erzurum", "horasan", "eleskirt", "agri", "diyadin",
            "dogubayazit", "gurbulak",
        ],
        72.0,
    ),
    (
        "mersin-habur",
        "Mersin - Habur",
        &[
            "mersin", "tarsus", "adana", "ceyhan", "osmaniye", "nurdagi", "gaziantep", "nizip", "birecik", "sanliurfa",
            "viransehir", "kiziltepe", "nusaybin", "cizre", "silopi", "habur",
        ],
        36.0,
    ),
    (
        "iskenderun-kapikoy",
        "İskenderun - Kapıköy",
        &[
            "iskenderun", "dortyol", "osmaniye", "nurdagi", "kahramanmaras", "malatya", "elazig", "bingol", "mus",
            "bitlis", "gevas", "van", "kapikoy",
        ],
        48.0,
    ),
    (
        "samsun-sarp",
        "Samsun - Sarp",
        &[
            "samsun", "carsamba", "unye", "fatsa", "ordu", "giresun", "tirebolu", "vakfikebir", "trabzon", "surmene",
            "rize", "ardesen", "hopa", "sarp",
        ],
        24.0,
    ),
    (
        "samsun-mersin",
        "Samsun - Mersin",
        &["samsun", "merzifon", "corum", "yozgat", "kayseri", "nigde", "ulukisla", "pozanti", "tarsus", "mersin"],
        36.0,
    ),
];

/// Ends of ways: key, office, what lies there (a gate at the border, or the port and yard of an office), radius in metres.
pub const ENDS: &[(&str, &str, bool, f64)] = &[
    ("kapikule", "D-KAPIKULE", true, 900.0),
    ("ipsala", "D-IPSALA", true, 700.0),
    ("habur", "D-HABUR", true, 900.0),
    ("gurbulak", "D-GURBULAK", true, 700.0),
    ("sarp", "D-SARP", true, 500.0),
    ("kapikoy", "D-KAPIKOY", true, 500.0),
    ("ambarli", "D-AMBARLI", false, 1_200.0),
    ("izmir", "D-IZMIR", false, 1_000.0),
    ("mersin", "D-MERSIN", false, 1_200.0),
    ("iskenderun", "D-ISKENDERUN", false, 1_000.0),
    ("samsun", "D-SAMSUN", false, 800.0),
];

/// A marked zone: id, name, class, the two places it lies between, share of the way, metres to the right, radius.
pub type Hazard = (&'static str, &'static str, &'static str, (&'static str, &'static str), f64, f64, f64);

/// Marked zones near corridors, all invented.
pub const HAZARDS: &[Hazard] = &[
    ("forbidden-corlu", "Yasak bölge, Çorlu", "forbidden", ("luleburgaz", "corlu"), 0.5, 4_000.0, 1_200.0),
    ("forbidden-hendek", "Yasak bölge, Hendek", "forbidden", ("sakarya", "hendek"), 0.5, -3_500.0, 900.0),
    ("forbidden-pozanti", "Yasak bölge, Pozantı", "forbidden", ("pozanti", "tarsus"), 0.5, 3_500.0, 1_000.0),
    ("forbidden-erzincan", "Yasak bölge, Erzincan", "forbidden", ("refahiye", "erzincan"), 0.5, 3_000.0, 1_000.0),
    ("forbidden-nusaybin", "Yasak bölge, Nusaybin", "forbidden", ("nusaybin", "cizre"), 0.4, -4_000.0, 1_500.0),
    ("risk-silopi", "Riskli bölge, Silopi", "risk", ("cizre", "silopi"), 0.5, 0.0, 2_500.0),
    ("risk-gebze", "Riskli bölge, Gebze", "risk", ("gebze", "izmit"), 0.4, -2_500.0, 1_500.0),
    ("risk-agri", "Riskli bölge, Ağrı", "risk", ("agri", "diyadin"), 0.5, 2_500.0, 1_500.0),
    ("watch-kulu", "İzleme bölgesi, Kulu", "watch", ("golbasi", "kulu"), 0.6, -3_000.0, 1_200.0),
    ("watch-malatya", "İzleme bölgesi, Malatya", "watch", ("kahramanmaras", "malatya"), 0.5, 3_000.0, 1_500.0),
    ("watch-balikesir", "İzleme bölgesi, Balıkesir", "watch", ("akhisar", "balikesir"), 0.5, 2_500.0, 1_000.0),
    ("watch-ordu", "İzleme bölgesi, Ordu", "watch", ("ordu", "giresun"), 0.5, 2_500.0, 900.0),
];

/// Districts of the directorates: office, name, seat, box (south, west, north, east). Invented and coarse.
pub type District = (&'static str, &'static str, (f64, f64), (f64, f64, f64, f64));

/// The districts; together they cover the territory.
pub const DISTRICTS: &[District] = &[
    ("D-TRAKYA", "Trakya Bölge Müdürlüğü (demo)", (41.67, 26.56), (40.0, 25.5, 42.6, 28.0)),
    ("D-ISTANBUL", "İstanbul Bölge Müdürlüğü (demo)", (41.01, 28.97), (40.4, 28.0, 42.6, 30.6)),
    ("D-EGE", "Ege Bölge Müdürlüğü (demo)", (38.42, 27.14), (35.5, 25.5, 40.0, 30.6)),
    ("D-MARMARA", "Güney Marmara Bölge Müdürlüğü (demo)", (40.19, 29.06), (40.0, 28.0, 40.4, 30.6)),
    ("D-ANADOLU", "Orta Anadolu Bölge Müdürlüğü (demo)", (39.92, 32.85), (37.6, 30.6, 42.6, 35.6)),
    ("D-AKDENIZ", "Akdeniz Bölge Müdürlüğü (demo)", (36.80, 34.63), (35.5, 30.6, 37.6, 37.0)),
    ("D-KARADENIZ", "Karadeniz Bölge Müdürlüğü (demo)", (41.00, 39.72), (40.4, 35.6, 42.6, 42.4)),
    ("D-DOGU", "Doğu Anadolu Bölge Müdürlüğü (demo)", (39.90, 41.27), (37.6, 35.6, 40.4, 45.2)),
    ("D-KUZEYDOGU", "Kuzeydoğu Bölge Müdürlüğü (demo)", (40.60, 43.09), (40.4, 42.4, 42.6, 45.2)),
    ("D-GUNEYDOGU", "Güneydoğu Bölge Müdürlüğü (demo)", (37.15, 38.79), (35.5, 37.0, 37.6, 45.2)),
];
