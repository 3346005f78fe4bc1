/** What one entry of a docker configuration holds. Its content goes into Authorization headers and nowhere else. */
export interface Credential {
  /** What it is called in messages: `secret "regcred"`, `file config.json`. */
  readonly label: string;
  readonly username: string;
  readonly password: string;
  /** An OAuth2 refresh token (`identitytoken`); then username and password are not used for tokens. */
  readonly identityToken?: string;
}

/** The credentials that match one image, best first, and what people should know of others (a broken secret…). */
export interface CredentialChoice {
  readonly credentials: readonly Credential[];
  readonly notes: readonly string[];
}

/** Answers which credentials may be shown for an image; `namespace` '' asks for the server's own only. */
export interface CredentialSource {
  credentialsFor(
    image: { readonly registry: string; readonly repository: string; readonly reference: string },
    namespace: string,
    signal: AbortSignal,
  ): Promise<CredentialChoice>;
}
