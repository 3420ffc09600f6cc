/** One way to talk to our own server: JSON, same origin, CSRF header on changes, errors as ApiError. */

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly detail: Record<string, unknown> = {},
  ) {
    super(message);
  }
}

/** Holds the token of the present session; one per app. */
export class Api {
  csrf = "";
  language = "vi";

  get<T>(path: string): Promise<T> {
    return this.send<T>("GET", path);
  }
  post<T>(path: string, body?: unknown): Promise<T> {
    return this.send<T>("POST", path, body);
  }
  put<T>(path: string, body?: unknown): Promise<T> {
    return this.send<T>("PUT", path, body);
  }
  patch<T>(path: string, body?: unknown): Promise<T> {
    return this.send<T>("PATCH", path, body);
  }
  delete<T>(path: string): Promise<T> {
    return this.send<T>("DELETE", path);
  }

  protected async send<T>(method: string, path: string, body?: unknown): Promise<T> {
    const headers: Record<string, string> = { Accept: "application/json", "Accept-Language": this.language };
    if (method !== "GET") headers["X-CSRF-Token"] = this.csrf;
    const isForm = body instanceof FormData;
    if (body !== undefined && !isForm) headers["Content-Type"] = "application/json";
    const payload = isForm ? body : body === undefined ? undefined : JSON.stringify(body);
    let response: Response;
    try {
      response = await fetch(path, { method, headers, body: payload, credentials: "same-origin" });
    } catch {
      throw new ApiError(0, "offline", "");
    }
    if (!response.ok) throw await errorOf(response);
    const text = await response.text();
    return (text && isJson(response) ? JSON.parse(text) : text) as T;
  }
}

function isJson(response: Response): boolean {
  return (response.headers.get("content-type") ?? "").includes("json");
}

async function errorOf(response: Response): Promise<ApiError> {
  try {
    const body = (await response.json()) as { error?: { code: string; message: string; detail?: Record<string, unknown> } };
    if (body.error) return new ApiError(response.status, body.error.code, body.error.message, body.error.detail ?? {});
  } catch {
    // not JSON: a proxy's page or an empty body
  }
  return new ApiError(response.status, "http", "");
}
