/** When people are reminded of what they put off: after breakfast, before the day is planned. */
export const REMIND_AT = '10:00';
