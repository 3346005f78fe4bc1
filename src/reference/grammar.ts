/**
 * The grammar of image references, as OpenShift reads it (spec openshift-admission.md 2.1; vectors `imageReference`):
 *
 *     reference  = name [ ":" tag ] [ "@" digest ]
 *     name       = [ host "/" ] component { "/" component }
 *     host       = label { "." label } [ ":" port ]       upper case allowed here only
 *     component  = alnum { separator alnum }              lower case
 *     separator  = "." | "_" | "__" | one or more "-"
 *     tag        = word character, then up to 127 of word characters, "." and "-"
 *     digest     = algorithm ":" at least 32 hex digits
 *
 * Every alternative starts with a different character, so that matching stays linear on hostile input.
 */
const alnum = '[a-z0-9]+';
const component = `${alnum}(?:(?:\\.|__?|-+)${alnum})*`;
const label = '[a-zA-Z0-9](?:-*[a-zA-Z0-9])*';
const host = `${label}(?:\\.${label})*(?::[0-9]+)?`;
const name = `(?:${host}/)?${component}(?:/${component})*`;
const tag = '\\w[\\w.-]{0,127}';
const algorithm = '[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*';
const digest = `${algorithm}:[0-9a-fA-F]{32,}`;

/** Groups: 1 name, 2 tag, 3 digest. */
export const referencePattern = new RegExp(`^(${name})(?::(${tag}))?(?:@(${digest}))?$`);

/** The longest name (host and path) that is accepted. */
export const nameLengthMax = 255;
