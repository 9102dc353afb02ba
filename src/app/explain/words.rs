//! Two languages: the word that fits.

use crate::edge::map::Language;

/// The Turkish or the English text.
pub(super) fn say(language: Language, turkish: impl Into<String>, english: impl Into<String>) -> String {
    match language {
        Language::Turkish => turkish.into(),
        Language::English => english.into(),
    }
}

/// Words of FORMATS that stand in the tables, for Turkish readers; others stay as they are.
pub(super) fn word(language: Language, word: &str) -> &str {
    if language == Language::English {
        return word;
    }
    match word {
        "active" => "sürüyor",
        "inactive" => "bitti",
        "unacknowledged" => "onay bekliyor",
        "acknowledged" => "onaylandı",
        "shelved" => "ertelendi",
        "suppressed" => "bastırıldı",
        "closed" => "kapandı",
        "high" => "yüksek",
        "medium" => "orta",
        "low" => "düşük",
        "journal" => "günlük",
        "confirmed" => "doğrulandı",
        "inferred" => "çıkarıldı",
        "extrapolated" => "öngörüldü",
        "unverified" => "doğrulanmadı",
        "raise" => "verildi",
        "update" => "güncellendi",
        "clear" => "sona erdi",
        "amend" => "düzeltildi",
        "retract" => "geri alındı",
        "annotate" => "not eklendi",
        "acknowledge" => "onaylandı",
        "shelve" => "ertelendi",
        "unshelve" => "erteleme bitti",
        "reset" => "sıfırlandı",
        "suppress" => "bastırıldı",
        "unsuppress" => "bastırma bitti",
        "accepted" => "kabul",
        "released" => "sonradan kabul",
        "rejected" => "ret",
        "contact" => "yalnız temas",
        "onset" => "başlangıç",
        "raised" => "verildi",
        "ended" => "bitiş",
        other => other,
    }
}
