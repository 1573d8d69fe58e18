/** Of a gateway that nobody outside of this machine can reach. */
export const LOCAL_TOKEN = "local-token";
