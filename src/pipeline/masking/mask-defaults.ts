/** What stands where a value was. */
export const REDACTED_VALUE = '__REDACTED__';

/** E-mail addresses, for `masking.patterns`: they are not secret by themselves, so that nothing masks them by default. */
export const MASK_EMAIL: RegExp = /\b[\w.%+-]{1,64}@[A-Za-z0-9.-]{1,253}\.[A-Za-z]{2,24}\b/;

/** Names of credentials, without case, `_` and `-`. */
export const SECRET_NAMES: readonly string[] = [
  'authorization',
  'proxyauthorization',
  'cookie',
  'cookies',
  'setcookie',
  'password',
  'passwd',
  'pwd',
  'passphrase',
  'secret',
  'credential',
  'credentials',
  'apikey',
  'xapikey',
  'accesskey',
  'secretkey',
  'privatekey',
  'accesstoken',
  'refreshtoken',
  'idtoken',
  'authtoken',
  'bearertoken',
  'sessiontoken',
  'csrftoken',
  'xsrftoken',
  // Names and values by turns, as Node has them.
  'rawheaders',
];

/** A credential only at the end of a name: `gen_ai.token.type` is none. */
export const SECRET_LAST_NAMES: readonly string[] = ['jwt'];

/** Endings that make a credential of any name, such as `dbPassword`; tokens that are counted or mark a place are none. */
export const SECRET_ENDING =
  /(?:passw(?:or)?ds?|passwordhash|passwordconfirm(?:ation)?|passphrase|secrets?|(?:api|auth|access|secret|private|signing|encryption)keys?|(?<!per|first|last|next|prev|page|input|output|continuation|cancellation|[bes]os|pad|stop)token)$/;

/** The same names in running text, before `:` or `=`; what stands before them belongs to them. */
export const SECRET_NAMES_IN_TEXT =
  'authorization|cookies?|passw(?:or)?ds?|pwd|passphrase|secrets?|credentials?|(?:api|auth|access|secret|private|signing|encryption)[_-]?keys?|raw-?headers|token|(?<![A-Za-z0-9])jwt';

/** A shape of secrets, with what it becomes. */
export interface SecretShape {
  readonly pattern: RegExp;
  readonly replacement: string;
}

/** Headers in running text whose values have several words. */
export const SECRET_HEADERS: readonly SecretShape[] = [
  {
    // A scheme and a credential, or a scheme and parameters.
    pattern:
      /(authorization\s{0,4}[:=]\s{0,4})[\w-]{1,32}[ \t]{1,4}(?:[\w-]{1,32}=(?:"[^"]*"?|[^\s,;"']*)(?:,\s{0,4}(?=[\w-]{1,32}=))?|[^\s,;&|)}\]"'\\]+)+/gi,
    replacement: `$1${REDACTED_VALUE}`,
  },
  {
    pattern: /(cookie\s{0,4}[:=]\s{0,4})[^\s;,"'\\]+(?:;\s{0,4}[^\s;,"'\\=]{1,64}(?:=[^\s;,"'\\]*)?)+/gi,
    replacement: `$1${REDACTED_VALUE}`,
  },
];

/** No quantifier goes over the same text twice, so that no text takes more than linear time. */
export const SECRET_SHAPES: readonly SecretShape[] = [
  { pattern: /\b(Bearer)\s{1,4}[\w+/.~=-]{6,}/gi, replacement: `$1 ${REDACTED_VALUE}` },
  {
    pattern: /\b([Bb]asic|BASIC)\s{1,4}(?=[A-Za-z]{0,64}(?:[\d+/=]|[a-z][A-Z]))[\w+/=-]{8,}/g,
    replacement: `$1 ${REDACTED_VALUE}`,
  },
  { pattern: /\beyJ[\w-]{8,1024}\.[\w-]{8,}(?:\.[\w-]*)?/g, replacement: REDACTED_VALUE },
  {
    pattern:
      /\b(?:[sr]k[-_](?=[A-Za-z_-]{0,64}\d)[\w-]{16,}|gh[pousr]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[abeprs]-[\w-]{10,}|(?:AKIA|ASIA)[0-9A-Z]{16}|AIza[\w-]{30,}|npm_\w{30,}|hf_\w{20,}|SG\.[\w-]{16,}\.[\w-]{16,})/g,
    replacement: REDACTED_VALUE,
  },
  {
    pattern: /(\b[a-z][a-z0-9+.-]{0,20}:\/\/[^\s/?#:@"']{0,256}):[^\s/?#"']{1,512}@/gi,
    replacement: `$1:${REDACTED_VALUE}@`,
  },
  {
    pattern:
      /-----BEGIN [A-Z ]{0,32}PRIVATE KEY-----(?:(?!-----END)[\s\S])*(?:-----END [A-Z ]{0,32}PRIVATE KEY-----)?/g,
    replacement: REDACTED_VALUE,
  },
];
