import { useEffect, useState, type RefObject } from 'react';

/** A margin of about two screens, also inside scrolling elements (browsers since 2024). */
const NEAR: IntersectionObserverInit & { scrollMargin: string } = {
  rootMargin: '1500px',
  scrollMargin: '1500px',
};

/** True once the element has been near the screen. For content that is expensive to load. */
export function useIsNear(element: RefObject<Element | null>): boolean {
  const [isNear, setIsNear] = useState(false);
  useEffect(() => {
    const { current } = element;
    if (!current || isNear) return undefined;
    const observer = new IntersectionObserver((entries) => {
      if (entries.some(({ isIntersecting }) => isIntersecting)) setIsNear(true);
    }, NEAR);
    observer.observe(current);
    return () => observer.disconnect();
  }, [element, isNear]);
  return isNear;
}
