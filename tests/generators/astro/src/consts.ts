export const SITE_TITLE = 'Harbour Notes';
export const SITE_DESCRIPTION = 'What the sea brings';
