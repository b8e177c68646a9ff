/* JSON, read strictly and where it lies: escapes are resolved as characters are read, so that nothing is copied. A text can be
 * the content of a JSON string, as the JSON in a checkpoint's metadata is.
 *
 * A text that breaks a rule is bad from then on, and at its end: whoever reads it may go on, and ask once. */
#ifndef DNC_JSON_H
#define DNC_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { JSON_END = -1, JSON_MAX_DEPTH = 16, JSON_MAX_KEYS = 256 };

typedef struct json_text {
    const unsigned char *at, *end;
    int depth;
    bool is_string; /* the content of a JSON string that has been read before */
    bool is_bad;
} json_text;

typedef int32_t json_reader(json_text *text);

static int32_t json_fail(json_text *text) {
    text->is_bad = true;
    text->at = text->end;
    return JSON_END;
}

/* ---- Characters ------------------------------------------------------------------------------------------------- */

static int32_t json_utf8(json_text *text) {
    if (text->at == text->end)
        return JSON_END;
    const unsigned char first = *text->at++;
    if (first < 0x80)
        return first;
    const int more = first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    const int32_t least = more == 1 ? 0x80 : more == 2 ? 0x800 : 0x10000;
    if (first < 0xc0 || first > 0xf7 || text->end - text->at < more)
        return json_fail(text);
    int32_t scalar = first & (0x3f >> more);
    for (int i = 0; i < more; i++) {
        const unsigned char byte = *text->at++;
        if (byte >> 6 != 2)
            return json_fail(text);
        scalar = scalar << 6 | (byte & 0x3f);
    }
    return scalar < least || scalar > 0x10ffff || scalar >> 11 == 0xd800 >> 11 ? json_fail(text) : scalar;
}

static int32_t json_hexadecimal(json_text *text, json_reader *next) {
    int32_t unit = 0;
    for (int i = 0; i < 4; i++) {
        const int32_t c = next(text);
        const bool is_digit = '0' <= c && c <= '9', is_lower = 'a' <= c && c <= 'f', is_upper = 'A' <= c && c <= 'F';
        if (!is_digit && !is_lower && !is_upper)
            return json_fail(text);
        unit = unit << 4 | (is_digit ? c - '0' : is_lower ? c - 'a' + 10 : c - 'A' + 10);
    }
    return unit;
}

/* What a backslash and what follows it stand for. */
static int32_t json_escape(json_text *text, json_reader *next) {
    const int32_t c = next(text);
    switch (c) {
    case '"':
    case '\\':
    case '/': return c;
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'u': break;
    default: return json_fail(text);
    }
    const int32_t unit = json_hexadecimal(text, next);
    if (unit >> 11 != 0xd800 >> 11)
        return unit;
    if (unit >= 0xdc00 || next(text) != '\\' || next(text) != 'u')
        return json_fail(text);
    const int32_t low = json_hexadecimal(text, next);
    return low >> 10 == 0xdc00 >> 10 ? 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00) : json_fail(text);
}

/* The next character; JSON_END at the end. */
static int32_t json_next(json_text *text) {
    const int32_t c = json_utf8(text);
    return text->is_string && c == '\\' ? json_escape(text, json_utf8) : c;
}

/* Moves behind the next character if it is this one. */
static bool json_follows(json_text *text, int32_t wanted) {
    json_text ahead = *text;
    if (json_next(&ahead) != wanted)
        return false;
    *text = ahead;
    return true;
}

static void json_skip_space(json_text *text) {
    for (json_text ahead = *text;; *text = ahead) {
        const int32_t c = json_next(&ahead);
        if (c != ' ' && c != '\n' && c != '\r' && c != '\t')
            return;
    }
}

/* Moves behind white space, and this character if it follows then. */
static bool json_takes(json_text *text, int32_t wanted) {
    json_skip_space(text);
    return json_follows(text, wanted);
}

static void json_expect(json_text *text, int32_t wanted) {
    if (!json_takes(text, wanted))
        json_fail(text);
}

/* Whether nothing but white space is left of a text that has kept all rules. */
static bool json_ends(json_text *text) {
    json_skip_space(text);
    return text->at == text->end && !text->is_bad;
}

/* ---- Values ------------------------------------------------------------------------------------------------------ */

/* The next character as a digit; -1 if it is none, and is still to come. */
static int json_digit(json_text *text) {
    json_text ahead = *text;
    const int32_t c = json_next(&ahead);
    if (c < '0' || c > '9')
        return -1;
    *text = ahead;
    return c - '0';
}

static void json_skip_digits(json_text *text) {
    if (json_digit(text) < 0)
        json_fail(text);
    while (json_digit(text) >= 0)
        continue;
}

/* Reads an integer of 0 ... 2^63 - 1, written in digits only. */
static int64_t json_integer(json_text *text) {
    json_skip_space(text);
    int digit = json_digit(text);
    if (digit < 0)
        json_fail(text);
    int64_t value = digit;
    while (value != 0 && (digit = json_digit(text)) >= 0) {
        if (value > (INT64_MAX - digit) / 10)
            return json_fail(text);
        value = 10 * value + digit;
    }
    return value;
}

static void json_skip_number(json_text *text);

/* Reads a number, exactly where it has up to 15 digits and an exponent of up to 22; of more digits the first 18 count. */
static double json_number(json_text *text) {
    json_skip_space(text);
    json_text own = *text;
    json_skip_number(text);
    const bool is_negative = json_follows(&own, '-');
    uint64_t digits = 0;
    int32_t exponent = 0, power = 0, digit;
    for (bool is_fraction = false;; is_fraction = true) {
        for (; (digit = json_digit(&own)) >= 0; exponent -= is_fraction)
            if (digits < UINT64_C(100000000000000000))
                digits = 10 * digits + (uint64_t)digit;
            else
                exponent++;
        if (is_fraction || !json_follows(&own, '.'))
            break;
    }
    if (json_follows(&own, 'e') || json_follows(&own, 'E')) {
        const bool is_small = json_follows(&own, '-');
        if (!is_small)
            json_follows(&own, '+');
        while ((digit = json_digit(&own)) >= 0)
            power = power < 1000 ? 10 * power + digit : power;
        exponent += is_small ? -power : power;
    }
    double value = (double)digits, scale = 1;
    for (int32_t i = exponent < 0 ? -exponent : exponent; i > 0 && scale < 1e300; i--)
        scale *= 10;
    value = exponent < 0 ? value / scale : value * scale;
    return is_negative ? -value : value;
}

/* Moves behind a word without quotation marks, if it is what comes next. */
static bool json_word(json_text *text, const char *word) {
    json_text ahead = *text;
    for (; *word != '\0'; word++)
        if (json_next(&ahead) != *word)
            return false;
    *text = ahead;
    return true;
}

/* Whether a text is this word, and nothing else. */
static bool json_equals(json_text text, const char *word) {
    return json_word(&text, word) && text.at == text.end;
}

static bool json_boolean(json_text *text) {
    json_skip_space(text);
    if (json_word(text, "true"))
        return true;
    if (!json_word(text, "false"))
        json_fail(text);
    return false;
}

/* The next character of a string whose quotation mark has been read; JSON_END behind its last. */
static int32_t json_string_next(json_text *text) {
    const int32_t c = json_next(text);
    if (c == '"')
        return JSON_END;
    return c == '\\' ? json_escape(text, json_next) : c < ' ' ? json_fail(text) : c;
}

typedef struct json_string {
    char start[32];    /* its first characters, '?' for what is not ASCII, and a zero */
    uint64_t hash;     /* the same for equal strings */
    json_text content; /* to be read once more; not where the text is a string itself */
} json_string;

static json_string json_read_string(json_text *text) {
    json_expect(text, '"');
    json_string string = {.hash = UINT64_C(0xcbf29ce484222325), .content = {.at = text->at, .is_string = true}};
    size_t length = 0;
    for (int32_t c; string.content.end = text->at, (c = json_string_next(text)) != JSON_END;) {
        string.hash = (string.hash ^ (uint64_t)c) * UINT64_C(0x100000001b3); /* FNV-1a */
        if (length + 1 < sizeof string.start)
            string.start[length++] = (char)(c > 0 && c < 0x80 ? c : '?');
    }
    return string;
}

static bool json_is(const json_string *string, const char *word) {
    return strcmp(string->start, word) == 0;
}

static bool json_begins(const json_string *string, const char *word) {
    const char *at = string->start;
    while (*word != '\0' && *at == *word)
        at++, word++;
    return *word == '\0';
}

/* ---- Lists ------------------------------------------------------------------------------------------------------ */

/* Whether another item follows in the list that begins with `open`. *count is 0 before the first, and counts them. */
static bool json_item(json_text *text, char open, char close, size_t *count) {
    const bool is_first = *count == 0;
    if (is_first) {
        json_expect(text, open);
        if (++text->depth > JSON_MAX_DEPTH)
            json_fail(text);
    }
    const bool goes_on = is_first ? !json_takes(text, close) : json_takes(text, ',');
    if (goes_on) {
        ++*count;
    } else {
        if (!is_first)
            json_expect(text, close);
        text->depth--;
    }
    return goes_on && !text->is_bad;
}

typedef struct json_object {
    size_t count;
    uint64_t keys[JSON_MAX_KEYS]; /* their hashes: of equal keys, parsers do not agree which counts */
    json_string key;
} json_object;

/* Whether another member follows in an object; its key has been read then, and its value must be. Begins with a count of 0. */
static bool json_member(json_text *text, json_object *object) {
    if (!json_item(text, '{', '}', &object->count))
        return false;
    object->key = json_read_string(text);
    if (object->count > JSON_MAX_KEYS) {
        json_fail(text);
        return false;
    }
    for (size_t i = 0; i + 1 < object->count; i++)
        if (object->keys[i] == object->key.hash)
            json_fail(text);
    object->keys[object->count - 1] = object->key.hash;
    json_expect(text, ':');
    return !text->is_bad;
}

static void json_skip_number(json_text *text) {
    json_follows(text, '-');
    if (!json_follows(text, '0'))
        json_skip_digits(text);
    if (json_follows(text, '.'))
        json_skip_digits(text);
    if (json_follows(text, 'e') || json_follows(text, 'E')) {
        if (!json_follows(text, '+'))
            json_follows(text, '-');
        json_skip_digits(text);
    }
}

/* Reads any value and drops it. */
static void json_skip(json_text *text) {
    json_skip_space(text);
    json_text ahead = *text;
    switch (json_next(&ahead)) {
    case '{':
        for (json_object object = {.count = 0}; json_member(text, &object);)
            json_skip(text);
        break;
    case '[':
        for (size_t count = 0; json_item(text, '[', ']', &count);)
            json_skip(text);
        break;
    case '"': (void)json_read_string(text); break;
    default:
        if (!json_word(text, "true") && !json_word(text, "false") && !json_word(text, "null"))
            json_skip_number(text);
    }
}

#endif
