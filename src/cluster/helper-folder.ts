/**
 * sh that sets `helpers` to the folder for the helpers: `.lifeboat` in the home of the user it runs as, which is the
 * cluster's owner. `HOME` counts where it really is the user's (sudo may have kept another one).
 */
export const HELPER_FOLDER_SCRIPT = `home=\${HOME:-}
[ -n "$home" ] && [ -d "$home" ] && [ -O "$home" ] || home=$(getent passwd "$(id -u)" | cut -d: -f6)
helpers=$home/.lifeboat
`
