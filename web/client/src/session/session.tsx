/** Who is logged in here: a person, a site that came by its link, or nobody. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { createContext, useContext, useEffect, useMemo, useState, type ReactNode } from "react";
import { Api, ApiError } from "../rest/request";
import type { Session } from "../rest/types";

interface SessionContext {
  api: Api;
  session: Session | null;
  loading: boolean;
  /** The server cannot be reached; null session then means "unknown". */
  unreachable: boolean;
  adopt: (session: Session | null) => void;
}

const Context = createContext<SessionContext | null>(null);

export function SessionProvider({ api, children }: { api: Api; children: ReactNode }) {
  const client = useQueryClient();
  const query = useQuery({
    queryKey: ["session"],
    queryFn: async (): Promise<Session | null> => {
      try {
        return await api.get<Session>("/api/session");
      } catch (error) {
        if (error instanceof ApiError && error.status === 401) return null;
        throw error;
      }
    },
    staleTime: 60_000,
  });
  // Observers of a query hear of new data a moment later; who has just logged in goes on to the next page at once.
  const [adopted, setAdopted] = useState<{ session: Session | null; at: number } | null>(null);
  const session = adopted && adopted.at >= query.dataUpdatedAt ? adopted.session : (query.data ?? null);
  useEffect(() => {
    api.csrf = session?.csrf ?? "";
  }, [api, session]);
  const value = useMemo<SessionContext>(
    () => ({
      api,
      session,
      loading: query.isLoading,
      unreachable: query.isError && !query.data,
      adopt: (next) => {
        api.csrf = next?.csrf ?? "";
        setAdopted({ session: next, at: Date.now() });
        client.removeQueries({ predicate: (q) => q.queryKey[0] !== "session" });
        client.setQueryData(["session"], next);
      },
    }),
    [api, session, query.isLoading, query.isError, query.data, client],
  );
  return <Context.Provider value={value}>{children}</Context.Provider>;
}

export function useSession(): SessionContext {
  const value = useContext(Context);
  if (!value) throw new Error("useSession outside of SessionProvider");
  return value;
}

export function useApi(): Api {
  return useSession().api;
}

/** Whether the session holds one of these standing roles anywhere. */
export function hasRole(session: Session | null, ...roles: string[]): boolean {
  return session?.roles.some((held) => roles.includes(held.role)) ?? false;
}
