/** Icons of chats alone. */

export const icons = {
  edit: "M5 19h3.5L19 8.5 15.5 5 5 15.5zM13 7.5l3.5 3.5",
  flag: "M6 21V4h11l-2.5 4L17 12H6",
  retry: "M20 5v5h-5M19.5 10A8 8 0 1 0 20 13",
  thumb: "M7 20H4v-9h3m0 9V11l4-8c1.5 0 2.3 1 2 2.5L12.3 9H18a2 2 0 0 1 2 2.4l-1.3 6.6a2.5 2.5 0 0 1-2.4 2z",
} as const;
